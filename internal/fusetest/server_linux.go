package fusetest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Options apply to a whole mount.
type Options struct {
	// AsyncRead lets the kernel request several parts of a cached file concurrently.
	AsyncRead bool
	// AsyncDirectIO does so with DirectIO, for reads other than read(2)'s.
	AsyncDirectIO bool
	// UnknownTypes makes directories report no types of their entries.
	UnknownTypes bool
	// FoldCase makes lookups case-insensitive.
	FoldCase bool
	// Number, if not nil, is the inode number of every file and directory.
	Number *uint64
	// MaxRead is the maximum number of bytes in a request, if not 0, and MaxPages the
	// maximum number of pages; 0 is the kernel's default, 32.
	MaxRead  int
	MaxPages uint16
}

// A Server is a mounted tree of files.
type Server struct {
	options Options
	dir     string
	fd      int
	stop    [2]int // pipe that ends the loop
	started time.Time
	nodes   []*node // by ID, from rootID on
	primer  *node

	loop     sync.WaitGroup
	requests sync.WaitGroup

	mu      sync.Mutex
	pending map[uint64]func() // by request ID; closes Request.Ended
	closed  bool
	handles map[uint64]*handle
	opened  uint64
	failed  error // first error of reading requests or writing answers
}

// A node is a file or a directory.
type node struct {
	id      uint64
	parent  *node
	name    string
	file    *File
	entries []*node // sorted by name
}

// A handle is an open file, with the position of a Stream.
type handle struct {
	mu       sync.Mutex
	position int64
}

// Start mounts the files, by path relative to dir, which must be an empty directory.
func Start(dir string, files map[string]*File) (*Server, error) {
	return Options{}.Start(dir, files)
}

// Start mounts the files, by path relative to dir, which must be an empty directory.
func (o Options) Start(dir string, files map[string]*File) (*Server, error) {
	s := &Server{options: o, dir: dir, started: time.Now(), pending: map[uint64]func(){}, handles: map[uint64]*handle{}}
	s.plant(files)
	var err error
	if s.fd, err = unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0); err != nil {
		return nil, fmt.Errorf("/dev/fuse: %w", err)
	}
	if err := unix.Pipe2(s.stop[:], unix.O_CLOEXEC); err != nil {
		unix.Close(s.fd)
		return nil, fmt.Errorf("pipe: %w", err)
	}
	data := fmt.Sprintf("fd=%d,rootmode=%o,user_id=0,group_id=0,allow_other", s.fd, unix.S_IFDIR)
	if o.MaxRead > 0 {
		data += fmt.Sprintf(",max_read=%d", o.MaxRead)
	}
	if err := unix.Mount("fusetest", dir, "fuse", unix.MS_NOSUID|unix.MS_NODEV, data); err != nil {
		s.closeAll()
		return nil, fmt.Errorf("mount: %w", err)
	}
	s.loop.Go(s.serve)
	if err := s.prime(); err != nil {
		return nil, cmp.Or(s.Close(), err)
	}
	return s, nil
}

// primer is a file that no directory lists, which prime opens.
const primer = ".fusetest"

// prime makes the kernel send access and poll requests, which it stops sending once the
// answer was ENOSYS. Package os calls epoll_ctl(2) for each file that it opens, and
// os/exec calls chdir(2) in the child before it executes a program. Go's scheduler
// doesn't know that these block, so the server might never get to answer.
func (s *Server) prime() error {
	if err := unix.Access(s.dir, unix.R_OK); err != nil {
		return fmt.Errorf("access: %w", err)
	}
	fd, err := unix.Open(s.dir+"/"+primer, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer unix.Close(fd)
	if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0); err != nil && err != unix.EINTR {
		return fmt.Errorf("poll: %w", err)
	}
	return nil
}

// Close unmounts the files, even if they are open: readers then get an error. It waits
// for running hooks.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.New("closed before")
	}
	s.closed = true
	for _, end := range s.pending {
		end()
	}
	s.mu.Unlock()
	err := unix.Unmount(s.dir, unix.UMOUNT_NOFOLLOW)
	if err == unix.EBUSY {
		// Files of a ring, for example, are closed some time after the process has
		// ended.
		err = unix.Unmount(s.dir, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	}
	unix.Write(s.stop[1], []byte{0})
	s.loop.Wait()
	s.requests.Wait()
	s.closeAll() // closing /dev/fuse ends the connection in the kernel
	return cmp.Or(s.failed, err)
}

func (s *Server) closeAll() {
	for _, fd := range []int{s.fd, s.stop[0], s.stop[1]} {
		unix.Close(fd)
	}
}

// plant creates the nodes of the files and their parent directories.
func (s *Server) plant(files map[string]*File) {
	root := &node{id: rootID}
	s.primer = &node{id: rootID + 1, parent: root, name: primer, file: &File{}}
	s.nodes = []*node{nil, root, s.primer} // there is no ID 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		at := root
		steps := strings.Split(path.Clean(name), "/")
		for _, step := range steps[:len(steps)-1] {
			at = s.grow(at, step, nil)
		}
		s.grow(at, steps[len(steps)-1], files[name])
	}
}

// grow returns an entry of a directory, creating it if needed.
func (s *Server) grow(in *node, name string, file *File) *node {
	if n := in.entry(name); n != nil {
		return n
	}
	n := &node{id: uint64(len(s.nodes)), parent: in, name: name, file: file}
	s.nodes = append(s.nodes, n)
	in.entries = append(in.entries, n)
	slices.SortFunc(in.entries, byName)
	return n
}

func byName(a, b *node) int { return strings.Compare(a.name, b.name) }

func (n *node) entry(name string) *node {
	i, found := slices.BinarySearchFunc(n.entries, &node{name: name}, byName)
	if !found {
		return nil
	}
	return n.entries[i]
}

// serve handles requests until the files are unmounted or the server is stopped, each
// in its own goroutine.
func (s *Server) serve() {
	buf := make([]byte, 64<<10) // larger than any request but WRITE, which is not served
	for {
		n, err := unix.Read(s.fd, buf)
		switch err {
		case nil:
			s.take(bytes.Clone(buf[:n]))
		case unix.EINTR, unix.ENOENT: // ENOENT: the request was cancelled
		case unix.EAGAIN:
			fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(s.stop[0]), Events: unix.POLLIN}}
			if _, err := unix.Poll(fds, -1); err == nil && fds[1].Revents != 0 {
				return
			}
		case unix.ENODEV: // unmounted
			return
		default:
			s.fail(fmt.Errorf("reading requests: %w", err))
			return
		}
	}
}

func (s *Server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = cmp.Or(s.failed, err)
}

// headerLength is sizeof(struct fuse_in_header).
const headerLength = 40

// take handles one request. The request that an interrupt refers to was taken before
// it.
func (s *Server) take(request []byte) {
	h := decode[inHeader](request)
	body := request[headerLength:h.Len]
	switch h.Op {
	case opForget, opBatchForget: // IDs are never reused
	case opInterrupt:
		s.mu.Lock()
		defer s.mu.Unlock()
		if end := s.pending[decode[interruptIn](body).Unique]; end != nil {
			end()
		}
	default:
		ended := s.begin(h.Unique)
		s.requests.Go(func() {
			data, errno := s.answer(h, body, ended)
			s.end(h.Unique)
			s.reply(h.Unique, data, errno)
		})
	}
}

// begin registers a request and returns its Ended channel.
func (s *Server) begin(unique uint64) <-chan struct{} {
	ended := make(chan struct{})
	end := sync.OnceFunc(func() { close(ended) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[unique] = end
	if s.closed {
		end()
	}
	return ended
}

func (s *Server) end(unique uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, unique)
}

func (s *Server) reply(unique uint64, data []byte, errno syscall.Errno) {
	const headerLength = 16
	if errno != 0 {
		data = nil
	}
	b := encode(make([]byte, 0, headerLength+len(data)), outHeader{uint32(headerLength + len(data)), -int32(errno), unique})
	b = append(b, data...)
	for {
		_, err := unix.Write(s.fd, b)
		switch err {
		case unix.EINTR, unix.EAGAIN:
			continue
		case nil, unix.ENOENT, unix.ENODEV: // the request was cancelled
		default:
			s.fail(fmt.Errorf("an answer of %d bytes: %w", len(data), err))
		}
		return
	}
}

// answer returns the answer to a request.
func (s *Server) answer(h inHeader, body []byte, ended <-chan struct{}) ([]byte, syscall.Errno) {
	if h.Op == opInit {
		return s.init(decode[initIn](body)), 0
	}
	if h.Node < rootID || h.Node >= uint64(len(s.nodes)) {
		return nil, syscall.ENOSYS
	}
	n := s.nodes[h.Node]
	switch h.Op {
	case opLookup:
		return s.lookup(n, string(bytes.TrimRight(body, "\x00")), ended)
	case opGetattr:
		if errno := n.stat(ended); errno != 0 {
			return nil, errno
		}
		return encode(nil, attrOut{Attr: s.attributes(n)}), 0 // validity 0: ask again each time
	case opOpen:
		return s.open(n.file, ended)
	case opOpendir:
		return encode(nil, openOut{}), 0
	case opRead:
		return s.read(n.file, decode[readIn](body), ended)
	case opReaddir:
		return s.readdir(n, decode[readIn](body)), 0
	case opRelease:
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.handles, decode[releaseIn](body).Handle)
		return nil, 0
	case opReleasedir:
		return nil, 0
	case opStatfs:
		return encode(nil, statfsOut{Bsize: 4096, Frsize: 4096, Namelen: 255}), 0
	}
	return nil, syscall.ENOSYS // the kernel does without, and stops asking
}

func (s *Server) init(in initIn) []byte {
	out := initOut{
		Major: major, Minor: minor,
		MaxReadahead: in.MaxReadahead,
		// Let blocked readers of cached files leave room for others.
		MaxBackground: 1000, CongestionThreshold: 1000,
		MaxWrite: 4096, TimeGran: 1,
		Flags: initParallelDirops & in.Flags,
	}
	if s.options.AsyncRead {
		out.Flags |= initAsyncRead
	}
	if s.options.AsyncDirectIO {
		out.Flags |= initAsyncDIO
	}
	if s.options.MaxPages > 0 {
		out.Flags |= initMaxPages
		out.MaxPages = s.options.MaxPages
	}
	return encode(nil, out)
}

// stat calls the hook for attributes of the node.
func (n *node) stat(ended <-chan struct{}) syscall.Errno {
	if n.file == nil || n.file.OnStat == nil {
		return 0
	}
	return n.file.OnStat(&Request{File: n.file, Ended: ended})
}

func (s *Server) lookup(in *node, name string, ended <-chan struct{}) ([]byte, syscall.Errno) {
	n := in.entry(name)
	if n == nil && s.options.FoldCase {
		if i := slices.IndexFunc(in.entries, func(n *node) bool { return strings.EqualFold(n.name, name) }); i >= 0 {
			n = in.entries[i]
		}
	}
	if in.id == rootID && name == primer {
		n = s.primer
	}
	if n == nil {
		return nil, syscall.ENOENT
	}
	if errno := n.stat(ended); errno != 0 {
		return nil, errno
	}
	return encode(nil, entryOut{Node: n.id, Attr: s.attributes(n)}), 0
}

func (s *Server) attributes(n *node) attributes {
	at, nsec := uint64(s.started.Unix()), uint32(s.started.Nanosecond())
	a := attributes{
		Ino: n.id, Mode: unix.S_IFDIR | 0o755, Nlink: 1, Blksize: 4096,
		Atime: at, Mtime: at, Ctime: at, Atimensec: nsec, Mtimensec: nsec, Ctimensec: nsec,
	}
	if s.options.Number != nil {
		a.Ino = *s.options.Number
	}
	if n.file != nil {
		a.Mode = unix.S_IFREG | 0o644
		a.Size = uint64(n.file.size())
		a.Blocks = (a.Size + 511) / 512
	}
	return a
}

func (s *Server) open(f *File, ended <-chan struct{}) ([]byte, syscall.Errno) {
	f.opened()
	if f.OnOpen != nil {
		if errno := f.OnOpen(&Request{File: f, Ended: ended}); errno != 0 {
			return nil, errno
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	s.handles[s.opened] = &handle{}
	return encode(nil, openOut{Handle: s.opened, Flags: f.Flags}), 0
}

func (s *Server) read(f *File, in readIn, ended <-chan struct{}) ([]byte, syscall.Errno) {
	offset := int64(in.Offset)
	if f.Flags&Stream != 0 {
		s.mu.Lock()
		h := s.handles[in.Handle]
		s.mu.Unlock()
		h.mu.Lock() // one read at a time
		defer h.mu.Unlock()
		offset = h.position
		defer func() { h.position = offset }()
	}
	var data []byte
	errno := syscall.Errno(0)
	if f.OnRead != nil {
		errno = f.OnRead(&Request{f, offset, int(in.Size), ended})
	}
	if errno == 0 {
		data, errno = f.read(offset, int(in.Size))
	}
	f.note(Read{offset, int(in.Size), len(data), errno})
	offset += int64(len(data))
	return data, errno
}

// readdir returns the entries from an offset on that fit.
func (s *Server) readdir(in *node, r readIn) (list []byte) {
	parent := in.parent
	if parent == nil {
		parent = in
	}
	for i := r.Offset; i < uint64(len(in.entries)+2); i++ {
		head := direntHead{Off: i + 1, Type: unix.DT_DIR}
		name, n := ".", in
		switch {
		case i == 1:
			name, n = "..", parent
		case i > 1:
			n = in.entries[i-2]
			name = n.name
		}
		if n.file != nil {
			head.Type = unix.DT_REG
		}
		if s.options.UnknownTypes {
			head.Type = unix.DT_UNKNOWN
		}
		head.Ino, head.Namelen = n.id, uint32(len(name))
		entry := append(encode(nil, head), name...)
		entry = append(entry, make([]byte, -len(entry)&7)...) // FUSE_DIRENT_ALIGN
		if len(list)+len(entry) > int(r.Size) {
			break
		}
		list = append(list, entry...)
	}
	return list
}
