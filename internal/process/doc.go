// Package process makes the process to its caller what a C program would be: it takes
// back what the Go runtime changed of streams and signals, and tells what was
// inherited. It reads standard input, writes without the runtime's SIGPIPE, and holds
// signals back while something would be left behind.
//
// It knows descriptors and signals. It knows neither options nor messages nor what is
// read or written, and ends the process only by a signal that came.
package process
