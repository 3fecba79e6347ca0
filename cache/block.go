package cache

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
)

// A key is what a digest is found by: what kind it is of, the file system and the
// inode.
type key struct {
	kind
	device, system uint64
	inode          uint64
}

func keyOf(alg *hasher.Algorithm, v *filestate.State) key {
	return key{kindOf(alg), v.ID.Device, v.FileSystem.ID, v.ID.Inode}
}

// A kind is an algorithm by the name that it has in the database, and the size of its
// digests in bytes.
type kind struct {
	algorithm string
	size      int
}

func kindOf(alg *hasher.Algorithm) kind {
	name := alg.Name
	if alg.MinSize > 0 { // digests of another size are others
		name += "-" + strconv.Itoa(8*alg.Size)
	}
	return kind{name, alg.Size}
}

// A stamp is what must be as it was for a digest to be that of a file.
type stamp struct{ size, modified, changed int64 }

func stampOf(v *filestate.State) stamp { return stamp{v.Size, v.Modified, v.Changed} }

// An entry is a digest, and of what.
type entry struct {
	stamp
	// boot is that of the system under which the file had changed lately: only so long
	// the entry is believed. 0 is any.
	boot   uint32
	digest [hasher.MaxSize]byte // as much of it as the algorithm's has
}

// The digests of files with neighbouring inodes, which mostly are in one directory,
// make a block, a row of the database; the blocks of neighbours make a group, which
// is loaded in one go.
const (
	blockBits = 4
	groupBits = 6 + blockBits
	perGroup  = 1 << (groupBits - blockBits)
)

// block is the number of the block in which the key's entry is.
func (k key) block() uint64 { return k.inode >> blockBits }

func (k key) group() groupID {
	return groupID{k.kind, k.device, k.system, k.inode >> groupBits}
}

// A groupID is what a group is found by.
type groupID struct {
	kind
	device, system uint64
	number         uint64
}

// first is the number of the group's first block.
func (id groupID) first() uint64 { return id.number << (groupBits - blockBits) }

// A group is the blocks that were found of it. One that isn't there is empty.
type group [perGroup]block

func (g *group) block(k key) block { return g[k.block()%perGroup] }

// size is how much memory it takes, about.
func (g *group) size() (n int) {
	for _, b := range g {
		n += 24 + len(b)
	}
	return n
}

// A block is entries one after the other in the order of their inodes: the inode's
// last bits in a byte, the stamp's three numbers, the boot, and the digest. In the
// database a checksum is in front of them.
type block []byte

const (
	blockSum    = 8                 // bytes
	beforeStamp = 1                 // bytes of an inode
	beforeBoot  = beforeStamp + 3*8 // bytes before the boot
	beforeSum   = beforeBoot + 4    // and before a digest
	lastBits    = 1<<blockBits - 1
)

// find looks for a key's entry.
func (b block) find(k key) (e entry, ok bool) {
	at, ok := b.search(k)
	if !ok {
		return e, false
	}
	b = b[at:]
	e.size = int64(binary.LittleEndian.Uint64(b[beforeStamp:]))
	e.modified = int64(binary.LittleEndian.Uint64(b[beforeStamp+8:]))
	e.changed = int64(binary.LittleEndian.Uint64(b[beforeStamp+16:]))
	e.boot = binary.LittleEndian.Uint32(b[beforeBoot:])
	copy(e.digest[:], b[beforeSum:beforeSum+k.size])
	return e, true
}

// search returns where a key's entry is or belongs.
func (b block) search(k key) (at int, found bool) {
	last := byte(k.inode & lastBits)
	for at < len(b) && b[at] < last {
		at += beforeSum + k.size
	}
	return at, at < len(b) && b[at] == last
}

// with returns the block with one more entry, or another in its place.
func (b block) with(k key, e *entry) block {
	at, found := b.search(k)
	whole := beforeSum + k.size
	if !found {
		b = slices.Insert(b, at, make([]byte, whole)...)
	}
	to := b[at : at+whole]
	to[0] = byte(k.inode & lastBits)
	binary.LittleEndian.PutUint64(to[beforeStamp:], uint64(e.size))
	binary.LittleEndian.PutUint64(to[beforeStamp+8:], uint64(e.modified))
	binary.LittleEndian.PutUint64(to[beforeStamp+16:], uint64(e.changed))
	binary.LittleEndian.PutUint32(to[beforeBoot:], e.boot)
	copy(to[beforeSum:], e.digest[:k.size])
	return b
}

// row is a block as the database has it. Its checksum is also that of its place: a
// block that got into another's is not believed.
func (b block) row(id groupID, number uint64) []byte {
	row := make([]byte, blockSum, blockSum+len(b))
	binary.LittleEndian.PutUint64(row, b.sum(id, number))
	return append(row, b...)
}

// blockOf returns the block of a row, which it makes use of. ok is false if the row
// isn't what was written.
func blockOf(row []byte, id groupID, number uint64) (b block, ok bool) {
	if len(row) < blockSum || (len(row)-blockSum)%(beforeSum+id.size) != 0 {
		return nil, false
	}
	b = row[blockSum:]
	return b, binary.LittleEndian.Uint64(row) == b.sum(id, number)
}

// sum is FNV-1a of 64 bits, of the place and the entries. It is there for accidents:
// a byte that is another always makes another sum.
func (b block) sum(id groupID, number uint64) uint64 {
	place := append(make([]byte, 0, 64), id.algorithm...)
	place = binary.LittleEndian.AppendUint64(place, id.device)
	place = binary.LittleEndian.AppendUint64(place, id.system)
	place = binary.LittleEndian.AppendUint64(place, number)
	sum := fnv.New64a()
	sum.Write(place)
	sum.Write(b)
	return sum.Sum64()
}
