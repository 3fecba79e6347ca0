package cache

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
)

// A part is the state of a hash after the first bytes of a file, and the file's stamp.
type part struct {
	stamp
	boot  uint32 // as in an entry
	begun int64  // in nanoseconds since 1970
	state []byte // saved by package hasher
}

// maxState is an upper bound for the length of a state in bytes.
const maxState = 1 << 10

// FindPart implements pipeline.Cache.
func (c *Cache) FindPart(alg *hasher.Algorithm, v *filestate.State, now time.Time) (state []byte, begun time.Time, ok bool) {
	if !settled(v, now) {
		return nil, begun, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.ended {
		return nil, begun, false
	}
	p, ok, err := c.reading.part(keyOf(alg, v))
	if err == nil && ok && !p.isOf(alg) {
		err = ErrDamaged
	}
	if err != nil {
		c.failLocked(err)
		return nil, begun, false
	}
	begun = time.Unix(0, p.begun)
	if !ok || p.stamp != stampOf(v) || p.boot != anyBoot && p.boot != c.boot || !settled(v, begun) {
		return nil, begun, false
	}
	return p.state, begun, true
}

// isOf reports whether the state belongs to the algorithm and covers no more bytes than
// the file has.
func (p *part) isOf(alg *hasher.Algorithm) bool {
	n, ok := alg.Saved(p.state)
	return ok && n <= p.size
}

// KeepPart implements pipeline.Cache. The state is committed within about a second.
func (c *Cache) KeepPart(alg *hasher.Algorithm, v *filestate.State, begun time.Time, state []byte) {
	boot, ok := c.bootOf(v, begun)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addPart(keyOf(alg, v), part{stampOf(v), boot, begun.UnixNano(), state})
}

// The row of a part is a checksum, the three numbers of the stamp, the boot, the time
// and the state.
const beforeState = blockSum + 3*8 + 4 + 8

// row returns the part as stored in the database. The checksum covers its location too.
func (p *part) row(k key) []byte {
	row := make([]byte, blockSum, beforeState+len(p.state))
	for _, n := range []int64{p.size, p.modified, p.changed} {
		row = binary.LittleEndian.AppendUint64(row, uint64(n))
	}
	row = binary.LittleEndian.AppendUint32(row, p.boot)
	row = binary.LittleEndian.AppendUint64(row, uint64(p.begun))
	row = append(row, p.state...)
	binary.LittleEndian.PutUint64(row, sumOfPart(k, row[blockSum:]))
	return row
}

// partOf returns the part in a row, whose memory it uses. ok is false if the row is
// damaged.
func partOf(row []byte, k key) (p part, ok bool) {
	if len(row) < beforeState || len(row) > beforeState+maxState ||
		binary.LittleEndian.Uint64(row) != sumOfPart(k, row[blockSum:]) {
		return p, false
	}
	row = row[blockSum:]
	for _, to := range []*int64{&p.size, &p.modified, &p.changed} {
		*to = int64(binary.LittleEndian.Uint64(row))
		row = row[8:]
	}
	p.boot = binary.LittleEndian.Uint32(row)
	p.begun = int64(binary.LittleEndian.Uint64(row[4:]))
	p.state = row[4+8:]
	return p, true
}

// sumOfPart returns the 64-bit FNV-1a hash of the word "part", the location and the
// rest.
func sumOfPart(k key, rest []byte) uint64 {
	place := append(append(make([]byte, 0, 64), "part"...), k.algorithm...)
	for _, n := range []uint64{k.device, k.system, k.inode} {
		place = binary.LittleEndian.AppendUint64(place, n)
	}
	sum := fnv.New64a()
	sum.Write(place)
	sum.Write(rest)
	return sum.Sum64()
}
