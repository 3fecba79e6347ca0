package reader

import (
	"strings"
	"sync"
	"time"
)

// A DirCache looks at files that directories list as regular ones, by the rules of
// their directories. It keeps the last few directories open for a moment, so that not
// every name has to be walked from its Dir. It may be used by several goroutines at once.
// The zero value is an empty cache.
type DirCache struct {
	mu   sync.Mutex
	last [4]*cachedDir // the most recently used one first
}

// A cachedDir is a directory below another, as it was found at some time.
type cachedDir struct {
	in     *Dir
	path   string
	handle dirHandle
	found  time.Time
	users  int
	gone   bool // no longer in the cache; the last user closes it
}

// maxCachedAge is how long a directory is taken for what its path leads to: no longer
// than any program may be delayed between two steps.
const maxCachedAge = 20 * time.Millisecond

// Look looks at a file in a directory. It may take a descriptor. now is the current
// time. Systems other than Unix return errors.ErrUnsupported.
func (c *DirCache) Look(d *Dir, name string, now time.Time) (Info, error) {
	slash := strings.LastIndexByte(name, '/')
	if !d.followsNoLinks() || slash <= 0 {
		return d.lookByRule(name)
	}
	dir, err := c.enter(d, name[:slash], now)
	if err != nil {
		return d.lookByRule(name)
	}
	defer c.leave(dir)
	return dir.handle.lookNoLink(name[slash+1:])
}

// Close closes the directories. The cache must not be used any more.
func (c *DirCache) Close() { c.forget() }

// enter returns a directory below d. It is opened by d's rule if it isn't in the cache.
// The caller must leave it.
func (c *DirCache) enter(d *Dir, path string, now time.Time) (*cachedDir, error) {
	c.mu.Lock()
	for i, dir := range c.last {
		if dir == nil || dir.in != d || dir.path != path {
			continue
		}
		if now.Sub(dir.found) > maxCachedAge {
			c.remove(i)
			break
		}
		copy(c.last[1:i+1], c.last[:i])
		c.last[0] = dir
		dir.users++
		c.mu.Unlock()
		return dir, nil
	}
	c.mu.Unlock()

	h, err := d.openDir(path, d.rule)
	if err != nil {
		return nil, err
	}
	dir := &cachedDir{in: d, path: path, handle: h, found: now, users: 1}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(len(c.last) - 1)
	copy(c.last[1:], c.last[:])
	c.last[0] = dir
	return dir, nil
}

func (c *DirCache) leave(dir *cachedDir) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir.users--
	if dir.gone && dir.users == 0 {
		_ = dir.handle.closeDirectory()
	}
}

// forget removes all directories.
func (c *DirCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.last {
		c.remove(i)
	}
}

// remove removes a directory. c.mu is held.
func (c *DirCache) remove(i int) {
	dir := c.last[i]
	if dir == nil {
		return
	}
	c.last[i] = nil
	dir.gone = true
	if dir.users == 0 {
		_ = dir.handle.closeDirectory()
	}
}
