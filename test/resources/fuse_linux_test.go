package resources_test

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/fusetest"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/unix"
)

// edgeSizes are sizes at which reading may take another turn: those of pages, of the
// buffers, and of what fits into one besides.
var edgeSizes = []int{
	0, 1, 8, 100, 4095, 4096, 4097, 65536, 131071, 131072, 131073, 147447, 147448, 147449, 147455, 147456, 147457, 200_000, 1_000_000,
}

// fuseFiles returns files of all edge sizes below "all": read directly or by way of the page
// cache, with sizes that are right and wrong, answered whole and in pieces. Without -large
// it is a third of them.
func fuseFiles() map[string]*fusetest.File {
	pool := clitest.NewGenerator(14, 1).Bytes(1_100_000)
	files := map[string]*fusetest.File{}
	n := 0
	add := func(kind string, flags uint32, size int, says int64, piece int) {
		n++ // no two have the same contents
		if n%3 != 0 && !*large.Flag {
			return
		}
		f := &fusetest.File{Content: pool[n : n+size : n+size], Size: &says, Flags: flags, Piece: piece}
		files[fmt.Sprintf("all/%s/%d says %d by %d", kind, size, says, piece)] = f
	}
	const unseekable = fusetest.DirectIO | fusetest.NonSeekable
	for _, size := range edgeSizes {
		for _, says := range saidSizes(size) {
			if says <= int64(size) { // of a larger one the page cache has zeros, or not
				add("cached", 0, size, says, 0)
			}
			add("direct", fusetest.DirectIO, size, says, 0)
			if says <= int64(size) {
				add("direct", fusetest.DirectIO, size, says, 4096)
			}
			if size <= 100 || says == 4097 {
				add("direct", fusetest.DirectIO, size, says, 1)
			}
		}
		for _, says := range []int64{int64(size), 0} {
			add("unseekable", unseekable, size, says, 0)
			add("stream", unseekable|fusetest.Stream, size, says, 0)
			add("stream", unseekable|fusetest.Stream, size, says, 4096)
		}
	}
	return files
}

// saidSizes are what a server may say that the size is.
func saidSizes(size int) []int64 {
	n := int64(size)
	all := []int64{n, 0, n - 1, (n - 1) &^ 4095, n + 1, n + 5000}
	if size >= 1_000_000 {
		all = all[:2]
	}
	slices.Sort(all)
	all = slices.DeleteFunc(all, func(said int64) bool { return said < 0 })
	return slices.Compact(all)
}

// readingWays are the ways of reading that there are here.
func readingWays(t *testing.T) []string {
	ways := []string{"--io=auto", "--io=read", "--io=uring"}
	if clitest.NoRing(t) != "" {
		return ways[:2]
	}
	return ways
}

// TestFUSE reads what a file system in user space may serve, in every way, and has the
// digests be those that GNU's programs print, which read until nothing more comes.
func TestFUSE(t *testing.T) {
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	for _, options := range []fusetest.Options{{}, {AsyncRead: true, AsyncDirectIO: true, MaxPages: 256}} {
		t.Run(fmt.Sprintf("%+v", options), func(t *testing.T) {
			t.Parallel()
			files := fuseFiles()
			m := mountFUSE(t, options, files)
			want := m.byGNU(t, files)
			ways := readingWays(t)
			if options.AsyncRead && !*large.Flag {
				ways = ways[:1] // with these options it is the kernel that reads in another way
			}
			m.compare(t, want, ways, *large.Flag && !options.AsyncRead)
			// If these were others, GNU's would depend on more than the files.
			clitest.WantText(t, string(clitest.GNU.Output(t, m.names, m.Settings).Stdout), want)
		})
	}
}

// mounted is a mount of files, with lists of them beside it.
type mounted struct {
	clitest.Settings
	names []string
	list  string // the names, each with a zero byte
	sums  string
	cache string
}

func mountFUSE(t *testing.T, options fusetest.Options, files map[string]*fusetest.File) *mounted {
	t.Helper()
	dir, aside := t.TempDir(), t.TempDir()
	options.Mount(t, dir, files)
	m := &mounted{
		Settings: clitest.Settings{Dir: dir}, names: slices.Sorted(maps.Keys(files)),
		list: aside + "/list", sums: aside + "/sums", cache: aside + "/cache",
	}
	clitest.Write(t, aside, "list", strings.Join(m.names, "\x00")+"\x00")
	return m
}

// byGNU is what GNU prints of the files, seen to be right.
func (m *mounted) byGNU(t *testing.T, files map[string]*fusetest.File) string {
	t.Helper()
	out := clitest.GNU.Output(t, m.names, m.Settings)
	if out.Status != "exit 0" || len(out.Stderr) > 0 {
		t.Fatal(out)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(out.Stdout), "\n"), "\n") {
		f := files[m.names[i]]
		content := f.Content
		if f.Flags&fusetest.DirectIO == 0 { // whose end the kernel sees to
			content = content[:*f.Size]
		}
		if want := clitest.LineOf(content, m.names[i]); line+"\n" != want {
			t.Errorf("GNU: %s, want %s", line, want)
		}
	}
	return string(out.Stdout)
}

// compare has psha1sum print what GNU did, by some ways of reading in some modes, or by the
// first of them in all.
func (m *mounted) compare(t *testing.T, want string, ways []string, all bool) {
	t.Helper()
	if err := os.WriteFile(m.sums, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
	verified := strings.Join(m.names, ": OK\n") + ": OK\n"
	runs := []struct {
		args []string
		want string
	}{
		{m.names, want},
		{[]string{"-r", "all"}, want},
		{[]string{"-c", m.sums}, verified},
		{[]string{"-r", "--cache=" + m.cache, "all"}, want},
		{[]string{"-r", "--cache=" + m.cache, "all"}, want},
		{append([]string{"-j1"}, m.names...), want},
		{[]string{"-r", "--drop-cache", "all"}, want},
		{[]string{"--io-jobs=1", "--files0-from=" + m.list}, want},
		{[]string{"-c", "--drop-cache", "--io-jobs=1", m.sums}, verified},
	}
	for i, way := range ways {
		if !all || i > 0 {
			runs = runs[:3]
		}
		for _, run := range runs {
			got := clitest.Ours.Output(t, append([]string{way}, run.args...), m.Settings)
			if string(got.Stdout) != run.want || len(got.Stderr) > 0 || got.Status != "exit 0" {
				t.Errorf("%s %.60q: %s, %s", way, run.args, got.Status, clitest.Clip(got.Stderr))
				clitest.WantText(t, string(got.Stdout), run.want)
			}
		}
	}
}

// TestFUSESaidLarger: a size that is larger than the file is, of one that the page cache has, may
// bring zeros behind its end: that is when the kernel was told of an end while it read elsewhere.
// No other byte changes.
func TestFUSESaidLarger(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	files := map[string]*fusetest.File{}
	g := clitest.NewGenerator(14, 5)
	for _, size := range edgeSizes {
		for _, more := range []int64{1, 5000} {
			says := int64(size) + more
			files[fmt.Sprintf("all/%d says %d", size, says)] = &fusetest.File{Content: g.Bytes(size), Size: &says}
		}
	}
	m := mountFUSE(t, fusetest.Options{AsyncRead: true}, files)
	for _, way := range readingWays(t) {
		for _, args := range [][]string{m.names, {"-r", "all"}} {
			got := clitest.Ours.Output(t, append([]string{way}, args...), m.Settings)
			lines := strings.SplitAfter(string(got.Stdout), "\n")
			if got.Status != "exit 0" || len(got.Stderr) > 0 || len(lines) != len(m.names)+1 {
				t.Fatalf("%s %.60q\n%s", way, args, got)
			}
			for i, name := range m.names {
				if f := files[name]; !isZeroExtended(lines[i], name, f.Content, *f.Size) {
					t.Errorf("%s: %q", way, lines[i])
				}
			}
		}
	}
}

// isZeroExtended reports whether a line is that of content, with zeros behind it up to
// a size or less.
func isZeroExtended(line, name string, content []byte, size int64) bool {
	h := sha1.New()
	h.Write(content)
	for n := int64(len(content)); n <= size; n++ {
		if fmt.Sprintf("%x  %s\n", h.Sum(nil), name) == line {
			return true
		}
		h.Write([]byte{0})
	}
	return false
}

// TestFUSEAlgorithms: several algorithms at a time are as right as one.
func TestFUSEAlgorithms(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	files := fuseFiles()
	maps.DeleteFunc(files, func(name string, f *fusetest.File) bool {
		return f.Flags == 0 || len(f.Content) == 1_000_000 || *f.Size < 4096
	})
	m := mountFUSE(t, fusetest.Options{UnknownTypes: true}, files)
	var lines [2][]string
	for i, tool := range []string{"sha256sum", "md5sum"} {
		command := exec.Command(clitest.NeedProgram(t, tool), append([]string{"--tag"}, m.names...)...)
		command.Dir = m.Dir
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = strings.SplitAfter(string(out), "\n")
	}
	var want strings.Builder
	for i := range lines[0] {
		want.WriteString(lines[0][i] + lines[1][i])
	}
	for _, way := range readingWays(t) {
		got := clitest.Ours.Output(t, []string{way, "-a", "sha256,md5", "-r", "all"}, m.Settings)
		clitest.WantText(t, string(got.Stdout), want.String())
		if got.Status != "exit 0" || len(got.Stderr) > 0 {
			t.Errorf("%s: %s, %s", way, got.Status, clitest.Clip(got.Stderr))
		}
	}
}

// TestFUSEErrors: a file that fails, at once or after some bytes, is an error in GNU's words, and
// no other file's.
func TestFUSEErrors(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	files := map[string]*fusetest.File{}
	g := clitest.NewGenerator(14, 2)
	for _, direct := range []uint32{0, fusetest.DirectIO} {
		for _, size := range []int{100, 5000, 147_449, 200_000} {
			name := fmt.Sprintf("all/%d/%d", direct, size)
			files[name] = &fusetest.File{Content: g.Bytes(size), Flags: direct}
			for _, at := range []int64{0, 1, 4096, 131_072, 147_448, 150_000} {
				if at < int64(size) {
					files[fmt.Sprintf("%s fails at %d", name, at)] = &fusetest.File{
						Content: files[name].Content, Flags: direct, FailAt: at, Error: unix.EIO,
					}
				}
			}
			for title, errno := range map[string]syscall.Errno{"forbidden": unix.EACCES, "broken": unix.EIO, "stale": unix.ESTALE} {
				files[name+" "+title] = &fusetest.File{
					Content: files[name].Content, Flags: direct, OnOpen: func(*fusetest.Request) syscall.Errno { return errno },
				}
			}
		}
	}
	m := mountFUSE(t, fusetest.Options{}, files)
	want := clitest.GNU.Output(t, m.names, m.Settings)
	if want.Status != "exit 1" || bytes.Count(want.Stdout, []byte("\n")) != 8 {
		t.Fatalf("GNU\n%s", want)
	}
	if err := os.WriteFile(m.sums, []byte(manifestOf(files)), 0o644); err != nil {
		t.Fatal(err)
	}
	wantCheck := clitest.GNU.Output(t, []string{"-c", m.sums}, m.Settings)
	for _, way := range readingWays(t) {
		for _, args := range [][]string{m.names, {"-r", "all"}, {"--io-jobs=1", "-r", "all"}, {"-c", m.sums}} {
			want := want
			if args[0] == "-c" {
				want = wantCheck
			}
			got := clitest.Ours.Output(t, append([]string{way}, args...), m.Settings)
			if difference := clitest.Compare(got, want); difference != "" {
				t.Errorf("%s %.60q: %s differ\nwant\n%sgot\n%s", way, args, difference, want, got)
			}
		}
	}
}

// manifestOf is a manifest of the contents.
func manifestOf(files map[string]*fusetest.File) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b.WriteString(clitest.LineOf(files[name].Content, name))
	}
	return b.String()
}

// TestFUSEPassing: an error that is gone when one asks again. EINTR is none, from an
// open or a read, though GNU takes it for one: psha1sum's runtime has signals that nobody sent.
// With EAGAIN nothing is wrong but what may be said.
func TestFUSEPassing(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	g := clitest.NewGenerator(14, 3)
	contents := map[string][]byte{}
	for _, size := range edgeSizes {
		contents[fmt.Sprint("all/", size)] = g.Bytes(size)
	}
	errs := []syscall.Errno{unix.EINTR, unix.EINTR}
	for title, spoil := range map[string]func(*fusetest.File){
		"open interrupted": func(f *fusetest.File) { f.OnOpen = fusetest.Once(errs...) },
		"read interrupted": func(f *fusetest.File) { f.OnRead = fusetest.Once(errs...) },
		"later read interrupted": func(f *fusetest.File) {
			f.Piece, f.OnRead = 50_000, fusetest.Once(0, unix.EINTR, 0, unix.EINTR)
		},
		"open again": func(f *fusetest.File) { f.OnOpen = fusetest.Once(unix.EAGAIN) },
		"read again": func(f *fusetest.File) { f.OnRead = fusetest.Once(unix.EAGAIN) },
	} {
		t.Run(title, func(t *testing.T) {
			for _, way := range readingWays(t) {
				for _, args := range [][]string{{"-r", "all"}, {"--io-jobs=1", "-r", "all"}, nil} {
					files := map[string]*fusetest.File{}
					for name, content := range contents {
						files[name] = &fusetest.File{Content: content, Flags: fusetest.DirectIO}
						spoil(files[name])
					}
					m := mountFUSE(t, fusetest.Options{}, files)
					if args == nil {
						args = m.names
					}
					got := clitest.Ours.Output(t, append([]string{way}, args...), m.Settings)
					m.wantPassing(t, fmt.Sprintf("%s %.40q", way, args), got, files, strings.HasSuffix(title, "again"))
				}
			}
		})
	}
}

// wantPassing fails the test unless each file has its digest or, if it may, a message.
func (m *mounted) wantPassing(t *testing.T, title string, got clitest.Outcome, files map[string]*fusetest.File, mayFail bool) {
	t.Helper()
	var want, messages strings.Builder
	for _, name := range m.names {
		message := "sha1sum: " + name + ": Resource temporarily unavailable\n"
		if mayFail && strings.Contains(string(got.Stderr), message) {
			messages.WriteString(message)
			continue
		}
		want.WriteString(clitest.LineOf(files[name].Content, name))
	}
	status := "exit 0"
	if messages.Len() > 0 {
		status = "exit 1"
	}
	if string(got.Stdout) != want.String() || string(got.Stderr) != messages.String() || got.Status != status {
		t.Errorf("%s: want %s\n%s", title, status, got)
		clitest.WantText(t, string(got.Stdout), want.String())
	}
}

// TestFUSEChanges: files that grow or shrink between two reads are, as GNU has them, what
// was read until nothing more came.
func TestFUSEChanges(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	g := clitest.NewGenerator(14, 4)
	content := g.Bytes(300_000)
	// All begin with what there is in the end, or at least with what was read of it.
	changing := func(from, to, piece int) *fusetest.File {
		f := &fusetest.File{Content: content[:from], Flags: fusetest.DirectIO, Piece: piece}
		f.OnRead = func(r *fusetest.Request) syscall.Errno {
			if r.Offset > 0 {
				f.SetContent(content[:to])
			}
			return 0
		}
		return f
	}
	run := func(tool *clitest.Tool, args ...string) clitest.Outcome {
		files := map[string]*fusetest.File{}
		for _, from := range []int{100, 4096, 10_000, 131_072, 147_448, 147_456, 200_000} {
			for _, more := range []int{1, 8, 9, 5000, 100_000} {
				files[fmt.Sprintf("all/%d more %d", from, more)] = changing(from, from+more, 4096)
				files[fmt.Sprintf("all/%d more %d whole", from, more)] = changing(from, from+more, 0)
			}
			files[fmt.Sprintf("all/%d less", from)] = changing(from, from/2, from/3)
		}
		m := mountFUSE(t, fusetest.Options{}, files)
		if tool == clitest.GNU {
			args = m.names
		}
		return tool.Output(t, args, m.Settings)
	}
	want := run(clitest.GNU)
	for _, way := range readingWays(t) {
		for _, args := range [][]string{{way, "-r", "all"}, {way, "--io-jobs=1", "-r", "all"}} {
			got := run(clitest.Ours, args...)
			clitest.WantText(t, string(got.Stdout), string(want.Stdout))
			if got.Status != "exit 0" || len(got.Stderr) > 0 {
				t.Errorf("%q: %s, %s", args, got.Status, clitest.Clip(got.Stderr))
			}
		}
	}
}

// TestFUSELate: an open or a read that nobody answers holds up no other file, and is right when
// it is answered. A signal that interrupts it changes nothing.
func TestFUSELate(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	open := func(f *fusetest.File, hook func(*fusetest.Request) syscall.Errno) { f.OnOpen = hook }
	read := func(f *fusetest.File, hook func(*fusetest.Request) syscall.Errno) { f.OnRead = hook }
	for _, test := range []struct {
		title string
		flags uint32
		size  int // a small file has others in its batch
		hold  func(*fusetest.File, func(*fusetest.Request) syscall.Errno)
	}{
		{"open", fusetest.DirectIO, 160_000, open},
		{"read", fusetest.DirectIO, 160_000, read},
		{"cached", 0, 160_000, read},
		{"small open", fusetest.DirectIO, 100, open},
		{"small read", fusetest.DirectIO, 100, read},
		{"small cached", 0, 100, read},
	} {
		for _, way := range readingWays(t) {
			for _, args := range [][]string{{way, "-r", "all"}, {way, "--", "operands"}} {
				t.Run(test.title+" "+strings.Join(args, " "), func(t *testing.T) {
					t.Parallel()
					late := newHeldFile(test.flags, test.size, way)
					test.hold(late.file, late.hook)
					late.run(t, args, test.flags)
				})
			}
		}
	}
}

// A heldFile is one that is answered when the test says so, or when its reader gets a signal.
type heldFile struct {
	file                        *fusetest.File
	asked, interrupted, release chan struct{}
	// signals is that they reach whoever waits: a thread of psha1sum's, in a call that the
	// kernel asks for as it is.
	signals bool
}

func newHeldFile(flags uint32, size int, way string) *heldFile {
	return &heldFile{
		file:  &fusetest.File{Content: []byte(strings.Repeat("late", size/4)), Flags: flags},
		asked: make(chan struct{}, 100), interrupted: make(chan struct{}, 100), release: make(chan struct{}),
		signals: way == "--io=read" && flags&fusetest.DirectIO != 0,
	}
}

func (l *heldFile) hook(r *fusetest.Request) syscall.Errno {
	l.asked <- struct{}{}
	errno := fusetest.UntilClosed(l.release)(r)
	if errno == unix.EINTR {
		l.interrupted <- struct{}{}
	}
	return errno
}

// run has the file be late among others.
func (l *heldFile) run(t *testing.T, args []string, flags uint32) {
	others := large.Or(60, 300)
	opened := make(chan struct{}, 2*others)
	files := map[string]*fusetest.File{fmt.Sprintf("all/%03d late", others/2): l.file}
	for i := range others {
		files[fmt.Sprintf("all/%03d", i)] = &fusetest.File{
			Content: []byte(strings.Repeat(strconv.Itoa(i), 1+i*i%5000)), Flags: flags,
			OnOpen: func(*fusetest.Request) syscall.Errno { opened <- struct{}{}; return 0 },
		}
	}
	m := mountFUSE(t, fusetest.Options{}, files)
	if args[1] == "--" {
		args = append(args[:1:1], m.names...)
	}
	s := clitest.Ours.Session(t, args, m.Settings)
	waitFor(t, "the others to be opened", opened, others)
	waitFor(t, "the late one", l.asked, 1)
	if l.signals {
		l.interrupt(t, s.Pid)
	}
	close(l.release)
	s.WantEnd("exit 0", manifestOf(files), "")
}

// interrupt sends each thread a signal that says nothing to it, until one was waiting.
func (l *heldFile) interrupt(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(clitest.Limit); ; {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, thread := range threads {
			if id, err := strconv.Atoi(filepath.Base(thread)); err == nil {
				unix.Tgkill(pid, id, unix.SIGURG)
			}
		}
		select {
		case <-l.interrupted:
			return
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatal("no signal interrupts the wait")
		}
	}
}

// waitFor waits until something happened so many times.
func waitFor(t *testing.T, what string, happened <-chan struct{}, times int) {
	t.Helper()
	timeout := time.After(clitest.Limit)
	for i := range times {
		select {
		case <-happened:
		case <-timeout:
			t.Fatalf("waiting for %s: happened %d times, want %d", what, i, times)
		}
	}
}
