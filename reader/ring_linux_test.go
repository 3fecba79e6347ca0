package reader_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/reader"
)

func BenchmarkNewRing(b *testing.B) {
	for b.Loop() {
		r, err := reader.NewRing(64)
		if err != nil {
			b.Skip(err)
		}
		r.Close()
	}
}
