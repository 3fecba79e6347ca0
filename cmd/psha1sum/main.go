// Command psha1sum prints and checks SHA-1 digests, and those of other algorithms, of
// many files in parallel. It is a drop-in replacement for sha1sum and, under their names,
// for its relatives: options, output, messages and exit statuses are those of GNU
// coreutils 9.1.
//
// Parsing, file sources, verification and reports are packages below internal;
// ARCHITECTURE.md lists them. This package wires them together (run.go, program.go,
// sources.go). It also opens the file of --cache (cache.go), saves it when a signal
// arrives (interrupt.go), and defines the exit statuses.
package main

import "os"

func main() {
	os.Exit(int(run(os.Args)))
}
