// Command psha1sum prints and checks SHA-1 digests of files, many at a time, and
// those of other algorithms. It takes the place of sha1sum, and under their names
// that of its relatives: options, output, messages and exit statuses are those of
// GNU coreutils 9.1.
//
// What the command line means, what names the files, what becomes of them and who is told
// of it are packages below internal; ARCHITECTURE.md lists them. Here they are
// wired: run.go, program.go, sources.go. Beside that it knows the file of --cache
// (cache.go), what a signal does to it (interrupt.go), and exit statuses.
package main

import "os"

func main() {
	os.Exit(int(run(os.Args)))
}
