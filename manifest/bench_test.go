package manifest

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

func BenchmarkReader(b *testing.B) {
	digest := bytes.Repeat([]byte{0x5a, 0xc3}, 10)
	for _, bench := range []struct {
		name   string
		format Format
		suffix string
	}{
		{"gnu", Format{}, ""},
		{"bsd", Format{Tagged: true, Tag: "SHA1"}, ""},
		{"escaped", Format{}, "\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			const lines = 10_000
			var text []byte
			for i := range lines {
				name := fmt.Sprintf("some/directory/of/a/tree/file-%06d%s", i, bench.suffix)
				text = bench.format.Append(text, digest, name)
			}
			p := NewParser(sha1Lines)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				r := p.NewReader(bytes.NewReader(text), false)
				n := 0
				for ; ; n++ {
					line, err := r.Next()
					if err == io.EOF {
						break
					}
					if err != nil || line.Malformed {
						b.Fatal(line, err)
					}
				}
				if n != lines {
					b.Fatalf("read %d lines, want %d", n, lines)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*lines), "ns/line")
		})
	}
}

// BenchmarkReaderLongLine reads a line longer than the buffer, which is collected,
// searched and copied in one piece.
func BenchmarkReaderLongLine(b *testing.B) {
	digest := bytes.Repeat([]byte{0x5a, 0xc3}, 10)
	for _, last := range []string{"", "\n"} {
		b.Run(fmt.Sprintf("ending %q", last), func(b *testing.B) {
			name := string(bytes.Repeat([]byte("name"), 4<<20)) + last
			text := Format{}.Append(nil, digest, name)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r := NewParser(sha1Lines).NewReader(bytes.NewReader(text), false)
				if line, err := r.Next(); err != nil || line.Malformed {
					b.Fatal(line.Malformed, err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	digest := bytes.Repeat([]byte{0x5a, 0xc3}, 10)
	for _, bench := range []struct {
		name   string
		format Format
		file   string
	}{
		{"gnu", Format{}, "some/directory/of/a/tree/file-000001"},
		{"bsd", Format{Tagged: true, Tag: "SHA1"}, "some/directory/of/a/tree/file-000001"},
		{"escaped", Format{}, "some/directory/of/a/tree/file-00000\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = bench.format.Append(dst[:0], digest, bench.file)
			}
			b.SetBytes(int64(len(dst)))
		})
	}
}
