// Package cli is the command line: which options there are, what a command line asks
// for, what is wrong with one, and the help.
//
// Options are declared once, in options.go, as flags of urfave/cli: names, argument,
// description, category, where a value goes, and when the option has no meaning. Its own
// parser reads many command lines otherwise than getopt_long does, so package getopt
// finds the options, and what it finds is set in urfave's flags. A Request is all that
// becomes of it.
//
// It knows words alone. It opens nothing, prints nothing, and knows neither what becomes
// of a request nor how the program ends.
package cli
