// Package process makes the process behave to its caller like a C program: it undoes
// what the Go runtime changes in standard streams and signal handling, and reports what
// was inherited. It reads standard input, writes without the runtime's SIGPIPE
// handling, and delays signals while there is something to clean up.
//
// It knows descriptors and signals, but neither options nor messages nor the data. It
// ends the process only because of a signal.
package process
