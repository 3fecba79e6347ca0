// Command psha1sum prints and checks SHA-1 digests of files, many at a time, and
// those of other algorithms. It takes the place of sha1sum, and under their names
// that of its relatives: options, output, messages and exit statuses are those of
// GNU coreutils 9.1.
//
// The command is a client of package pipeline. The files here each know one
// thing: tool.go what the program is called, options.go what can be asked for,
// app.go how it is asked, hash.go and check.go the two modes, diagnostics.go every
// word on standard error, output.go standard output, target.go the file that takes
// its place and replace.go how, own.go which files are our own, process_linux.go
// what the process inherited.
package main

import "os"

func main() {
	os.Exit(int(run(os.Args)))
}
