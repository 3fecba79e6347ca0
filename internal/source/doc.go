// Package source names the files that a run reads: operands, lists of names, trees,
// manifests and what an audit finds are sources, each in front of another. An Estimate
// goes through the same sources ahead of the run, to see how much there is to come.
//
// It knows names, directories and manifests. It reads no file but lists and manifests, and
// doesn't judge what becomes of the files: sinks know none of it.
package source
