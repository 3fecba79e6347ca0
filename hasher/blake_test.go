package hasher_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
)

// readVectors reads one of the BLAKE teams' vector files.
func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "blake", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestVectors compares with the digests in the files that the authors of the algorithms
// published.
func TestVectors(t *testing.T) {
	t.Run("blake2b", func(t *testing.T) {
		var all []struct{ In, Out string }
		readVectors(t, "blake2b-kat.json", &all)
		if len(all) != 256 {
			t.Fatalf("%d vectors", len(all))
		}
		var messages []vector
		for _, v := range all {
			messages = append(messages, vector{fromHex(t, v.In), fromHex(t, v.Out)})
		}
		checkVectors(t, hasher.BLAKE2b, messages)
	})
	t.Run("blake3", func(t *testing.T) {
		var file struct {
			Cases []struct {
				Length int `json:"input_len"`
				Hash   string
			}
		}
		readVectors(t, "blake3.json", &file)
		if len(file.Cases) < 30 {
			t.Fatalf("%d vectors", len(file.Cases))
		}
		var messages []vector
		for _, c := range file.Cases {
			data := make([]byte, c.Length)
			for i := range data {
				data[i] = byte(i % 251)
			}
			messages = append(messages, vector{data, fromHex(t, c.Hash)[:hasher.BLAKE3.Size]})
		}
		checkVectors(t, hasher.BLAKE3, messages)
	})
}

type vector struct{ data, digest []byte }

// checkVectors hashes messages in one piece and, where possible, in two.
func checkVectors(t *testing.T, alg *hasher.Algorithm, vectors []vector) {
	pool := hasher.NewPool(2)
	defer pool.Close()
	var all []*message
	for _, v := range vectors {
		first := len(v.data) / 2 / alg.BlockSize * alg.BlockSize
		for _, sizes := range [][]int{{len(v.data)}, {first, len(v.data) - first}} {
			if first == 0 && len(sizes) > 1 {
				sizes = sizes[1:]
			}
			m := newMessage(t, v.data, sizes)
			m.write(pool.NewStream(alg, m), nothing)
			all = append(all, m)
		}
	}
	for i, m := range all {
		<-m.done
		if want := vectors[i/2].digest; !bytes.Equal(m.digest, want) {
			t.Errorf("%d bytes as %v: got %x, want %x", len(m.data), m.sizes, m.digest, want)
		}
	}
}
