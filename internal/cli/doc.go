// Package cli parses the command line: it declares the options, turns a command line into
// a Request or an error, and prints the help.
//
// Options are declared once, in options.go, as flags of urfave/cli with their names,
// argument, description, category, destination, and when they have no meaning. The parser
// of urfave/cli differs from getopt_long on many command lines, so package getopt finds
// the options and sets them in urfave's flags. The result is a Request.
//
// The package handles words only. It opens no files, prints nothing, and knows neither
// how a request is carried out nor the exit status.
package cli
