//go:build linux

package main

import (
	"cmp"
	"crypto/sha512"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zeebo/blake3"
)

// gnuTools are GNU's tools for the algorithms, in the same order.
var gnuTools = []string{"sha1sum", "md5sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum"}

// An algorithm is one of psha1sum's, with a digest length where it can be chosen.
type algorithm struct {
	name string // for -a
	tag  string
	gnu  string // GNU's tool, or ""
	bits int    // for blake2b, if not 512
}

var algorithms = []algorithm{
	{"sha1", "SHA1", "sha1sum", 0}, {"md5", "MD5", "md5sum", 0}, {"sha224", "SHA224", "sha224sum", 0},
	{"sha256", "SHA256", "sha256sum", 0}, {"sha384", "SHA384", "sha384sum", 0}, {"sha512", "SHA512", "sha512sum", 0},
	{"sha512-256", "SHA512t256", "", 0}, {"blake3", "BLAKE3", "", 0}, {"blake2b", "BLAKE2b", "b2sum", 0},
	{"blake2b", "BLAKE2b-8", "b2sum", 8}, {"blake2b", "BLAKE2b-128", "b2sum", 128}, {"blake2b", "BLAKE2b-256", "b2sum", 256},
	{"blake2b", "BLAKE2b-384", "b2sum", 384}, {"blake2b", "BLAKE2b-504", "b2sum", 504},
}

// options returns the options that select the algorithm.
func (alg algorithm) options() []string {
	args := []string{"-a", alg.name}
	if alg.bits > 0 {
		args = append(args, "-l", fmt.Sprint(alg.bits))
	}
	return args
}

// A pool is a set of unchanging files with digests computed by GNU.
type pool struct {
	dir  string
	most int // maximum size in bytes
	// served says that this process serves the files by FUSE, so that children must not
	// be started in dir.
	served bool
	names  []string                        // sorted bytewise
	below  []string                        // those that -r finds: no links
	of     map[algorithm]map[string]string // hexadecimal digests by name
}

// edges are boundary sizes: of blocks, pages, buffers and ring pieces, and multiples.
var edges = []int{
	64, 128, 512, 1024, 1152, 4096, 8192, 16384, 32768, 65536, 131072, 147456, 262144, 393216, 524288,
	1 << 20, 3 << 19, 2 << 20, 4 << 20, 5 << 20,
}

// randomSize returns a size near an edge, usually a small one.
func randomSize(r *rand.Rand) int {
	switch n := r.IntN(100); {
	case n < 40:
		return r.IntN(260)
	case n < 60:
		return r.IntN(20_000)
	case n < 95:
		return max(0, edges[r.IntN(16)]+r.IntN(259)-129)
	}
	return max(0, edges[r.IntN(len(edges))]+r.IntN(259)-129)
}

// randomBytes returns random bytes, so that no two blocks are equal.
func randomBytes(r *rand.Rand, size int) []byte {
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(r.Uint32())
	}
	data := make([]byte, size)
	rand.NewChaCha8(seed).Read(data)
	return data
}

// newPool creates files of at most most bytes below dir, which must not exist, and has
// GNU hash them.
func (t *trial) newPool(dir string, files, most int) (*pool, error) {
	p := &pool{dir: dir, most: most}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	dirs := []string{"", "d/", "d/deep/", "e/"}
	for _, sub := range dirs[1:] {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	for i := range files {
		name := fmt.Sprintf("%s%03d%s", dirs[t.IntN(len(dirs))], i, pick(t.Rand, "", "", "", " x", "*", "-é", "#", ".bin"))
		if err := p.add(t.Rand, name); err != nil {
			return nil, err
		}
	}
	slices.Sort(p.names)
	slices.Sort(p.below)
	return p, p.hash(t)
}

// add creates one file.
func (p *pool) add(r *rand.Rand, name string) error {
	path := filepath.Join(p.dir, name)
	older := ""
	if len(p.below) > 0 {
		older = filepath.Join(p.dir, p.below[r.IntN(len(p.below))])
	}
	linked := false
	var err error
	switch n := r.IntN(100); {
	case n < 4 && older != "":
		err, linked = os.Symlink(older, path), true
	case n < 8 && older != "":
		err = os.Link(older, path)
	case n < 14 && older != "":
		var data []byte
		if data, err = os.ReadFile(older); err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
	case n < 20:
		err = sparse(r, path, min(randomSize(r), p.most))
	default:
		err = os.WriteFile(path, randomBytes(r, min(randomSize(r), p.most)), 0o644)
	}
	p.names = append(p.names, name)
	if !linked {
		p.below = append(p.below, name)
	}
	return err
}

// sparse creates a file with holes.
func sparse(r *rand.Rand, path string, size int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = f.Truncate(int64(size))
	for range r.IntN(3) {
		if err == nil && size > 0 {
			_, err = f.WriteAt([]byte("x"), r.Int64N(int64(size)))
		}
	}
	return cmp.Or(err, f.Close())
}

// hash computes the digests of all files, with GNU's tools where possible.
func (p *pool) hash(t *trial) error {
	p.of = make(map[algorithm]map[string]string)
	for _, alg := range algorithms {
		digests := make(map[string]string)
		p.of[alg] = digests
		if alg.gnu == "" {
			if err := p.hashAlone(alg, digests); err != nil {
				return err
			}
			continue
		}
		args := []string{"-z"}
		if alg.bits > 0 {
			args = append(args, "-l", fmt.Sprint(alg.bits))
		}
		out := t.gnu(alg.gnu, p.dir, slices.Concat(args, []string{"--"}, p.names)...)
		if out.status != "exit 0" {
			return fmt.Errorf("%s: %s", alg.gnu, out)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(out.stdout, "\x00"), "\x00") {
			digest, name, _ := strings.Cut(line, "  ")
			digests[name] = digest
		}
	}
	return nil
}

// hashAlone computes digests for which GNU has no tool.
func (p *pool) hashAlone(alg algorithm, digests map[string]string) error {
	for _, name := range p.names {
		data, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			return err
		}
		if alg.name == "blake3" {
			digests[name] = fmt.Sprintf("%x", blake3.Sum256(data))
		} else {
			digests[name] = fmt.Sprintf("%x", sha512.Sum512_256(data))
		}
	}
	return nil
}

// some returns names from the pool in random order, some of them twice.
func (p *pool) some(r *rand.Rand) []string {
	names := slices.Clone(p.names)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:1+r.IntN(len(names))]
	for range r.IntN(4) {
		names = append(names, names[r.IntN(len(names))])
	}
	return names
}
