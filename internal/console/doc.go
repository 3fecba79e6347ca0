// Package console is what a person sees of the program: standard output, messages on
// standard error, and how far the work is. The three share a terminal, so each makes
// room for the others; lines come whole and in order.
//
// It knows streams, terminals and their job control. It knows no option, no digest and
// no manifest: what is printed others put into words, and how much there is to come it
// is told.
package console
