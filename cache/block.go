package cache

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
)

// A key identifies a digest: its kind, the file system and the inode.
type key struct {
	kind
	device, system uint64
	inode          uint64
}

func keyOf(alg *hasher.Algorithm, v *filestate.State) key {
	return key{kindOf(alg), v.ID.Device, v.FileSystem.ID, v.ID.Inode}
}

// A kind is the name of an algorithm in the database, and the size of its digests in
// bytes.
type kind struct {
	algorithm string
	size      int
}

func kindOf(alg *hasher.Algorithm) kind {
	name := alg.Name
	if alg.MinSize > 0 { // each size is a kind of its own
		name += "-" + strconv.Itoa(8*alg.Size)
	}
	return kind{name, alg.Size}
}

// A stamp is what must be unchanged for a file's digest to be valid.
type stamp struct{ size, modified, changed int64 }

func stampOf(v *filestate.State) stamp { return stamp{v.Size, v.Modified, v.Changed} }

// An entry is a digest and the stamp of its file.
type entry struct {
	stamp
	// boot is the boot during which the file had changed shortly before. The entry is
	// valid only during that boot; anyBoot is valid always.
	boot   uint32
	digest [hasher.MaxSize]byte // padded with zeros
}

// The digests of files with neighbouring inodes, which are mostly in the same
// directory, form a block, a row of the database. Neighbouring blocks form a group,
// which is loaded at once.
const (
	blockBits = 4
	groupBits = 6 + blockBits
	perGroup  = 1 << (groupBits - blockBits)
)

// block returns the number of the block that contains the key.
func (k key) block() uint64 { return k.inode >> blockBits }

func (k key) group() groupID {
	return groupID{k.kind, k.device, k.system, k.inode >> groupBits}
}

// A groupID identifies a group.
type groupID struct {
	kind
	device, system uint64
	number         uint64
}

// first returns the number of the group's first block.
func (id groupID) first() uint64 { return id.number << (groupBits - blockBits) }

// A group is the blocks of a group; missing ones are empty.
type group [perGroup]block

func (g *group) block(k key) block { return g[k.block()%perGroup] }

// size returns about how much memory the group takes, in bytes.
func (g *group) size() (n int) {
	for _, b := range g {
		n += 24 + len(b)
	}
	return n
}

// A block is a sequence of entries sorted by inode: the last bits of the inode in one
// byte, the three numbers of the stamp, the boot, and the digest. In the database it is
// preceded by a checksum.
type block []byte

const (
	blockSum    = 8                 // bytes
	beforeStamp = 1                 // bytes before the stamp: the inode's last bits
	beforeBoot  = beforeStamp + 3*8 // bytes before the boot
	beforeSum   = beforeBoot + 4    // bytes before the digest
	lastBits    = 1<<blockBits - 1
)

// find returns the entry of a key.
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

// search returns the index of the entry of a key, or where to insert it.
func (b block) search(k key) (at int, found bool) {
	last := byte(k.inode & lastBits)
	for at < len(b) && b[at] < last {
		at += beforeSum + k.size
	}
	return at, at < len(b) && b[at] == last
}

// with returns the block with an entry added or replaced.
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

// row returns the block as stored in the database. The checksum covers its location
// too, so that a block in the wrong place is detected.
func (b block) row(id groupID, number uint64) []byte {
	row := make([]byte, blockSum, blockSum+len(b))
	binary.LittleEndian.PutUint64(row, b.sum(id, number))
	return append(row, b...)
}

// blockOf returns the block in a row, whose memory it uses. ok is false if the row is
// damaged.
func blockOf(row []byte, id groupID, number uint64) (b block, ok bool) {
	if len(row) < blockSum || (len(row)-blockSum)%(beforeSum+id.size) != 0 {
		return nil, false
	}
	b = row[blockSum:]
	return b, binary.LittleEndian.Uint64(row) == b.sum(id, number)
}

// sum returns the 64-bit FNV-1a hash of the location and the entries. It detects
// accidental damage; any single changed byte changes it.
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
