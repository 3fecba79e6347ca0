// Package console is the program's user interface: standard output, messages on standard
// error, and progress. The three may share a terminal, so the progress line is erased
// before anything else is written; lines are written whole and in order.
//
// It handles streams, terminals and job control. It knows no options, digests or
// manifests: callers supply the texts to print and an estimate of the work ahead.
package console
