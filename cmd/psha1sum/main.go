// Command psha1sum prints and checks SHA-1 digests of files, many at a time, and
// those of other algorithms. It takes the place of sha1sum, and under their names
// that of its relatives: options, output, messages and exit statuses are those of
// GNU coreutils 9.1.
//
// The command is a client of package pipeline. The files here each know one thing,
// and are of seven kinds. The command line: tool.go, options.go, usage.go, app.go.
// Sources, which name the files: sources.go, list.go, trees.go, manifests.go,
// audit.go, expect.go. Modes, which judge what became of them: judge.go, hash.go,
// check.go. Reports, which tell: report.go is their interface; gnu.go, json.go,
// junit.go, github.go and explain.go implement it. What a person sees of the work
// while it goes on: progress.go, progressline.go, scout.go. What earlier runs knew:
// remembered.go; interrupt.go keeps what a run knows that a signal ends. The process
// and its streams: program.go, diagnostics.go, output.go, target.go, own.go,
// process_linux.go.
package main

import "os"

func main() {
	os.Exit(int(run(os.Args)))
}
