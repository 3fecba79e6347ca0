// Package formats has the formats in which results are written: GNU's lines and
// messages, JSON, and JUnit's XML. It knows each again in a file that an earlier run
// wrote.
//
// It knows what a verdict looks like to a reader, but not how it comes about, nor which
// options ask for it: each report has options of its own.
package formats
