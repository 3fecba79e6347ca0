// Package formats writes results as GNU's lines and messages, JSON, and JUnit's XML. It
// also recognizes each of these formats in a file that an earlier run wrote.
//
// It knows how a verdict is presented, but neither how it is reached nor which options
// select a format: each report has options of its own.
package formats
