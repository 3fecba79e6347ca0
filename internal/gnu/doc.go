// Package gnu has the words of GNU's tools: the system's errors as the C library says
// them, quotes around words as the locale has them, and sentences that more than one
// report says.
//
// It knows no file, no stream and no option, and prints nothing.
package gnu
