package pipeline_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/psha1sum/psha1sum/pipeline"
)

func ExampleHash() {
	names := []string{"../testdata/sample/abc", "../testdata/sample/missing", "../testdata/sample/empty"}
	for r := range pipeline.Hash(context.Background(), pipeline.Options{}, names...) {
		switch {
		case errors.Is(r.Err, fs.ErrNotExist):
			fmt.Printf("%s is missing\n", r.Name)
		case r.Err != nil:
			fmt.Println(r.Name, r.Err)
		default:
			fmt.Printf("%x  %s\n", r.Digest, r.Name)
		}
	}
	// Output:
	// a9993e364706816aba3e25717850c26c9cd0d89d  ../testdata/sample/abc
	// ../testdata/sample/missing is missing
	// da39a3ee5e6b4b0d3255bfef95601890afd80709  ../testdata/sample/empty
}

// words is a source of numbered items, one for each word, which is read by a Reader.
type words struct {
	text []string
	n    int
}

func (w *words) Next(context.Context, pipeline.RunControl) (pipeline.Item, error) {
	if w.n == len(w.text) {
		return pipeline.Item{}, io.EOF
	}
	word := w.text[w.n]
	w.n++
	return pipeline.Item{Name: word, Reader: strings.NewReader(word), Data: w.n}, nil
}

// A printer is a sink that writes many results together, without delaying any when no
// more are ready.
type printer struct{ *bufio.Writer }

func (p printer) Result(r *pipeline.Result) error {
	_, err := fmt.Fprintf(p, "%v: %x  %s\n", r.Data, r.Digest, r.Name)
	return err
}

func ExampleRun() {
	src := &words{text: strings.Fields("abc message digest")}
	if err := pipeline.Run(context.Background(), src, printer{bufio.NewWriter(os.Stdout)}, pipeline.Options{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1: a9993e364706816aba3e25717850c26c9cd0d89d  abc
	// 2: 6f9b9af3cd6e8b8a73c2cdced37fe9f59226e27d  message
	// 3: 2923f6fa36614586ea09b4424b438915cc1b9b67  digest
}
