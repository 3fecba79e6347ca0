package cache

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
)

// randomVersion returns a random version of the file with this inode.
func randomVersion(rng *rand.Rand, inode uint64) filestate.State {
	return filestate.State{
		FileSystem: filestate.FileSystem{ID: 7, TrustedTimes: true},
		ID:         reader.ID{Device: 3, Inode: inode},
		Size:       int64(rng.Uint64()), Modified: int64(rng.Uint64()), Changed: int64(rng.Uint64()),
	}
}

func randomEntry(rng *rand.Rand, k key) entry {
	v := randomVersion(rng, k.inode)
	e := entry{stamp: stampOf(&v), boot: rng.Uint32()}
	for i := range k.size {
		e.digest[i] = byte(rng.Uint32())
	}
	return e
}

// TestBlock compares a block with a map, for each digest size.
func TestBlock(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for size := 1; size <= hasher.MaxSize; size++ {
		var b block
		model := map[key]entry{}
		number := rng.Uint64() >> blockBits
		for range 40 {
			k := key{kind{"x", size}, 1, 2, number<<blockBits | rng.Uint64N(lastBits+1)}
			e := randomEntry(rng, k)
			model[k] = e
			b = b.with(k, &e)
		}
		if len(b) != len(model)*(beforeSum+size) {
			t.Fatalf("%d entries of %d bytes are a block of %d", len(model), size, len(b))
		}
		row := b.row(groupID{}, number)
		b, ok := blockOf(row, groupID{kind: kind{"", size}}, number)
		if !ok {
			t.Fatalf("a row of %d bytes isn't what was written", len(row))
		}
		for last := range uint64(lastBits + 1) {
			k := key{kind{"x", size}, 1, 2, number<<blockBits | last}
			want, there := model[k]
			if got, ok := b.find(k); ok != there || got != want {
				t.Errorf("%d of %v: %v, %v, want %v, %v", last, slices.Collect(maps.Keys(model)), got, ok, want, there)
			}
		}
	}
}

// TestBlockOf: a row that is damaged, or in another's location, is rejected.
func TestBlockOf(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	id, number := groupID{kind: kind{"sha1", 20}, device: 5, system: 6, number: 9}, uint64(9<<(groupBits-blockBits))
	var b block
	for i := range uint64(3) {
		k := key{id.kind, id.device, id.system, number<<blockBits | i*5}
		e := randomEntry(rng, k)
		b = b.with(k, &e)
	}
	row := b.row(id, number)
	if got, ok := blockOf(bytes.Clone(row), id, number); !ok || !bytes.Equal(got, b) {
		t.Fatalf("%x, %v, want %x", got, ok, b)
	}
	for n := range row {
		if _, ok := blockOf(bytes.Clone(row[:n]), id, number); ok {
			t.Errorf("its first %d bytes are a block", n)
		}
		flipped := bytes.Clone(row)
		flipped[n] ^= 1 << rng.IntN(8)
		if _, ok := blockOf(flipped, id, number); ok {
			t.Errorf("with byte %d of %x flipped it is a block", n, row)
		}
	}
	for title, other := range map[string]groupID{
		"algorithm":   {kind{"md5x", 20}, id.device, id.system, id.number},
		"size":        {kind{"sha1", 21}, id.device, id.system, id.number},
		"device":      {id.kind, id.device + 1, id.system, id.number},
		"file system": {id.kind, id.device, id.system + 1, id.number},
		"exchanged":   {id.kind, id.system, id.device, id.number},
	} {
		if _, ok := blockOf(bytes.Clone(row), other, number); ok {
			t.Errorf("it is a block of another %s", title)
		}
	}
	if _, ok := blockOf(bytes.Clone(row), id, number+1); ok {
		t.Error("it is another block")
	}
	// No entries, but a valid checksum.
	if b, ok := blockOf(binary.LittleEndian.AppendUint64(nil, block{}.sum(id, number)), id, number); !ok || len(b) != 0 {
		t.Errorf("an empty block: %x, %v", b, ok)
	}
}

// TestGroups: each key is in one block of one group, and neighbours are together.
func TestGroups(t *testing.T) {
	for _, inode := range []uint64{0, 1, 15, 16, 1023, 1024, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		k := key{kind{"x", 1}, 1<<64 - 1, 1 << 63, inode}
		id := k.group()
		if k.block() < id.first() || k.block()-id.first() >= perGroup {
			t.Errorf("inode %d is in block %d, out of its group from %d on", inode, k.block(), id.first())
		}
		var g group
		e := entry{stamp: stamp{1, 2, 3}}
		g[k.block()%perGroup] = block{}.with(k, &e)
		if got, ok := g.block(k).find(k); !ok || got != e {
			t.Errorf("inode %d: %v, %v", inode, got, ok)
		}
	}
}

// TestKinds: each algorithm and each digest size has its own kind.
func TestKinds(t *testing.T) {
	seen := map[string]string{}
	algs := slices.Clone(hasher.Algorithms)
	for size := 1; size < hasher.BLAKE2b.Size; size++ {
		algs = append(algs, hasher.BLAKE2b.Sized(size))
	}
	for _, alg := range algs {
		k := kindOf(alg)
		if was, ok := seen[k.algorithm]; ok || k.size != alg.Size {
			t.Errorf("%s is %v, as is %s", alg.Tag, k, was)
		}
		seen[k.algorithm] = alg.Tag
	}
}

// TestGenerations: loaded groups are kept up to a limit, and recently used ones
// longest.
func TestGenerations(t *testing.T) {
	var l generations
	used := groupID{number: 1 << 40}
	l.put(used, &group{})
	most := 0
	for i := range uint64(40_000) {
		g := &group{}
		g[i%perGroup] = make(block, 1000)
		l.put(groupID{number: i}, g)
		if l.get(used) == nil {
			t.Fatalf("a group that was in use all the time was forgotten behind %d", i)
		}
		if i%500 > 0 {
			continue // adding up takes long
		}
		size := 0
		for _, generation := range []map[groupID]*group{l.young, l.old} {
			for _, g := range generation {
				size += g.size()
			}
		}
		if most = max(most, size); most > 2*maxGeneration+2*g.size() {
			t.Fatalf("%d bytes are kept, want at most twice %d", most, maxGeneration)
		}
	}
	if most < maxGeneration {
		t.Errorf("only %d bytes were kept", most)
	}
	if l.get(groupID{number: 0}) != nil {
		t.Error("the first group is still there")
	}
	l.drop(used)
	if l.get(used) != nil {
		t.Error("what was dropped is still there")
	}
}
