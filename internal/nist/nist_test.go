package nist_test

import (
	"bytes"
	"crypto/sha1"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/nist"
)

const vectors = "../../testdata/nist/sha1"

func sum(message []byte) []byte {
	digest := sha1.Sum(message)
	return digest[:]
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestMessages(t *testing.T) {
	for _, file := range []struct {
		name              string
		count             int
		shortest, longest int
	}{
		{"SHA1ShortMsg.rsp", 65, 0, 64},
		{"SHA1LongMsg.rsp", 64, 163, 6400},
	} {
		t.Run(file.name, func(t *testing.T) {
			messages, err := nist.ReadMessages(open(t, file.name))
			if err != nil {
				t.Fatal(err)
			}
			if len(messages) != file.count {
				t.Fatalf("got %d messages, want %d", len(messages), file.count)
			}
			if n := len(messages[0].Data); n != file.shortest {
				t.Errorf("the first message has %d bytes, want %d", n, file.shortest)
			}
			if n := len(messages[len(messages)-1].Data); n != file.longest {
				t.Errorf("the last message has %d bytes, want %d", n, file.longest)
			}
			for _, m := range messages {
				if got := sum(m.Data); !bytes.Equal(got, m.Digest) {
					t.Errorf("line %d: got %x, want %x", m.Line, got, m.Digest)
				}
			}
		})
	}
}

func TestMonteCarlo(t *testing.T) {
	m, err := nist.ReadMonteCarlo(open(t, "SHA1Monte.rsp"))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Digests) != 100 {
		t.Fatalf("got %d digests, want 100", len(m.Digests))
	}
	seed := m.Seed
	for i, want := range m.Digests {
		seed = nist.Step(seed, sum)
		if !bytes.Equal(seed, want) {
			t.Fatalf("COUNT = %d: got %x, want %x", i, seed, want)
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no field", "Len 8\r\n", "line 1: not a field"},
		{"length not a number", "Len = eight\r\n", "line 1: Len: "},
		{"length negative", "Len = -8\r\n", "line 1: Len: "},
		{"bits", "\r\nLen = 7\r\n", "line 2: Len: 7 bits are not whole bytes"},
		{"message too short", "Len = 16\r\nMsg = 00\r\n", "line 2: Msg: 1 bytes of 2"},
		{"message not hex", "Len = 8\r\nMsg = 0g\r\n", "line 2: Msg: "},
		{"digest not hex", "Len = 8\r\nMsg = 00\r\nMD = xx\r\n", "line 3: MD: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := nist.ReadMessages(strings.NewReader(test.text))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
}
