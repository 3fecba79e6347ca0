// Package source provides the files of a run: operands, lists of names, trees, manifests
// and audits are sources, each built on another. An Estimate reads the same sources ahead
// of the run to determine the amount of work.
//
// It knows names, directories and manifests. It reads only lists and manifests, and
// doesn't judge results: sinks know none of it.
package source
