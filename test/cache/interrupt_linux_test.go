package cache_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/unix"
)

// largeFiles are large sparse files that are old enough for a cache.
type largeFiles struct {
	dir, cache string
	names      []string
	each       int
}

func newLargeFiles(t testing.TB, files, each int) *largeFiles {
	t.Helper()
	needStamps(t)
	// Not t.TempDir, which may be on another file system.
	dir, err := os.MkdirTemp(filepath.Dir(clitest.Ours.Dir), "large-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &largeFiles{dir: dir, cache: dir + "/cache", each: each}
	clitest.MakeFIFO(t, dir+"/p")
	for i := range files {
		name := "f" + strconv.Itoa(i)
		clitest.Write(t, dir, name, strings.Repeat(name, 50_000))
		truncate(t, dir+"/"+name, int64(each))
		overwrite(t, dir+"/"+name, int64(each/2+i), "in the middle of "+name)
		overwrite(t, dir+"/"+name, int64(each-1), "!")
		h.names = append(h.names, name)
	}
	waitAged()
	return h
}

func (h *largeFiles) size() int { return len(h.names) * h.each }

// removeCache removes a cache, if there is one.
func removeCache(t testing.TB, cache string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(cache + suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// slowly is an environment in which hashing is slow.
var slowly = []string{"PSHA1SUM_DISABLE=avx512,avx2,shani,crypto"}

// reading starts a run that reads with read(2), so that its reads are counted. It has
// read the files when it opens the FIFO p.
func (h *largeFiles) reading(t testing.TB, args ...string) *clitest.Session {
	t.Helper()
	args = slices.Concat([]string{"--io=read", "--cache", h.cache}, args)
	return clitest.Ours.Session(t, args, clitest.Settings{Dir: h.dir, Env: slowly, Shell: clitest.NoCore})
}

// operands are all files, and the FIFO.
func (h *largeFiles) operands(args ...string) []string {
	return slices.Concat(args, h.names, []string{"p"})
}

// ended waits for the end of a run and returns how much it has read.
func (h *largeFiles) ended(s *clitest.Session) (out clitest.Outcome, read int) {
	s.T.Helper()
	w := clitest.OpenWriter(s.T, h.dir+"/p")
	read = s.ReadSoFar()
	clitest.Finish(s.T, w, "fed")
	s.Stdin.Close()
	out.Stdout, out.Stderr = []byte(s.Stdout.Rest()), []byte(s.Stderr.Rest())
	out.Status = s.End()
	return out, read
}

// beside returns the amount that a run may read in addition to the files: its own
// overhead, and a buffer of each file a second time.
func (h *largeFiles) beside() int { return 8<<20 + len(h.names)*(160<<10) }

// interrupted ends a run by a signal after it has read a part of the files, and returns
// how much it has read.
func (h *largeFiles) interrupted(t testing.TB, part float64, signal clitest.Signal, args ...string) (read int) {
	t.Helper()
	removeCache(t, h.cache)
	s := h.reading(t, h.operands(args...)...)
	s.AwaitRead(int(part * float64(h.size())))
	read = min(s.ReadSoFar(), h.size())
	s.SendSignal(signal)
	stdout, stderr := s.Stdout.Rest(), s.Stderr.Rest()
	if status := s.End(); status != "signal: "+signal.String() || stderr != "" || stdout != "" && stdout[len(stdout)-1] != '\n' {
		t.Fatalf("%s of %s, %q, %q", status, signal.Name, stdout, stderr)
	}
	return read
}

// TestInterrupted ends runs by signals at random times: each dies of its signal and
// leaves nothing behind, and the next run reads only the rest.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	clitest.NeedRead(t)
	h := newLargeFiles(t, 2, 66<<20)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	several := []string{"-j1", "-a", "sha1,blake2b"}
	for _, test := range []struct {
		signal clitest.Signal
		args   []string
	}{
		{clitest.Signal{Name: "INT", Signal: syscall.SIGINT}, several},
		{clitest.Signal{Name: "TERM", Signal: syscall.SIGTERM}, append([]string{"-o", "out"}, several...)},
		{clitest.Signal{Name: "HUP", Signal: syscall.SIGHUP}, append([]string{"--io-jobs=1"}, several...)},
		{clitest.Signal{Name: "QUIT", Signal: syscall.SIGQUIT}, []string{"-a", "blake2b", "-l", "160", "-j1", "--drop-cache"}},
	} {
		t.Run(test.signal.Name, func(t *testing.T) {
			wanted := clitest.Ours.Session(t, h.operands(test.args...), clitest.Settings{Dir: h.dir})
			want, _ := h.ended(wanted)
			wantOut, _ := readRegular(h.dir + "/out")
			os.Remove(h.dir + "/out")
			first := h.interrupted(t, 0.3+0.6*rng.Float64(), test.signal, test.args...)
			clitest.WantEntries(t, h.dir, slices.Concat([]string{"cache"}, h.names, []string{"p"}))
			got, second := h.ended(h.reading(t, h.operands(append([]string{"--debug"}, test.args...)...)...))
			gotOut, _ := readRegular(h.dir + "/out")
			if got.Status != "exit 0" || string(got.Stdout) != string(want.Stdout) || string(gotOut) != string(wantOut) {
				t.Errorf("%s\n%s\nwant\n%s\n%s", got, gotOut, want, wantOut)
			}
			if first+second > h.size()+h.beside() {
				t.Errorf("%d of %d bytes were read, and then %d\n%s", first, h.size(), second, got.Stderr)
			}
			if match := cacheLine.FindSubmatch(got.Stderr); match == nil || string(match[1]) == "0" && len(match[3]) == 0 {
				t.Errorf("nothing was continued: %q", got.Stderr)
			}
			os.Remove(h.dir + "/out")
		})
	}
}

// TestInterruptedCheck checks that verification reads everything, stores no parts, and
// keeps those stored by others.
func TestInterruptedCheck(t *testing.T) {
	t.Parallel()
	clitest.NeedRead(t)
	h := newLargeFiles(t, 2, 66<<20)
	signal := clitest.Signal{Name: "INT", Signal: syscall.SIGINT}
	known := 0
	for tries := 0; known != len(h.names); tries++ {
		if tries == 30 {
			t.Fatalf("%d parts were kept", known)
		}
		h.interrupted(t, 0.4, signal, "-j1", "-a", "sha512")
		known = parts(t, h.cache)
	}
	for _, alg := range []string{"sha1", "sha512"} {
		out, _ := h.ended(clitest.Ours.Session(t, h.operands("-a", alg), clitest.Settings{Dir: h.dir}))
		clitest.Write(t, h.dir, alg, string(out.Stdout))
	}
	s := h.reading(t, "-j1", "-a", "sha1", "--check", "sha1")
	s.AwaitRead(h.size() / 2)
	s.SendSignal(signal)
	if status := s.End(); status != "signal: interrupt" {
		t.Error(status)
	}
	if n := parts(t, h.cache); n != known {
		t.Errorf("%d parts are kept by who verifies", n-known)
	}
	out, read := h.ended(h.reading(t, "--debug", "-a", "sha512", "--check", "sha512"))
	if out.Status != "exit 0" || string(out.Stdout) != "f0: OK\nf1: OK\np: OK\n" || read < h.size() || strings.Contains(string(out.Stderr), "continued") {
		t.Errorf("%d bytes read\n%s", read, out)
	}
	if n := parts(t, h.cache); n != 0 {
		t.Errorf("%d parts are kept of what is known in whole", n)
	}
}

// parts counts the parts of files in a cache.
func parts(t testing.TB, path string) (n int) {
	t.Helper()
	conn := database(t, path)
	defer conn.Close()
	stmt, _, err := conn.Prepare(`SELECT count(*) FROM parts`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	if !stmt.Step() {
		t.Fatal(stmt.Err())
	}
	return stmt.ColumnInt(0)
}

// TestInterruptedWhileWaiting checks that a waiting run ends at once and commits the
// digests computed so far, and that ignored signals don't end it.
func TestInterruptedWhileWaiting(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	clitest.MakeFIFO(t, dir+"/tree/p")
	cache := dir + "/cache"
	for _, signal := range []clitest.Signal{{Name: "INT", Signal: syscall.SIGINT}, {Name: "TERM", Signal: syscall.SIGTERM}} {
		removeCache(t, cache)
		s := clitest.Ours.Session(t, []string{"--cache", cache, "a", "p", "b"}, clitest.Settings{Dir: dir + "/tree"})
		s.Stdout.Want(clitest.LineOf("one", "a"))
		s.Settle()
		s.SendSignal(signal)
		s.WantDeath(signal)
		if n := committed(t, cache); n != 1 {
			t.Errorf("%d digests were committed, want 1", n)
		}
	}
	for _, signal := range []string{"INT", "HUP"} { // TERM takes the early entry
		s := clitest.Ours.Session(t, []string{"--cache", cache, "p", "a"}, clitest.Settings{Dir: dir + "/tree", Shell: `trap "" ` + signal})
		w := clitest.OpenWriter(t, dir+"/tree/p")
		s.Settle()
		s.SendSignal(clitest.Signal{Name: signal, Signal: unix.SignalNum("SIG" + signal)})
		s.Settle()
		clitest.Finish(t, w, "fed")
		s.WantEnd("exit 0", clitest.LineOf("fed", "p")+clitest.LineOf("one", "a"), "")
	}
}

// TestInterruptedTwice checks that a second signal ends a run that waits for another
// process's commit.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	clitest.MakeFIFO(t, dir+"/tree/p")
	cache := dir + "/cache"
	withCache(t, dir+"/tree", cache, "b")
	signal := clitest.Signal{Name: "INT", Signal: syscall.SIGINT}
	other := database(t, cache)
	defer other.Close()
	s := clitest.Ours.Session(t, []string{"--cache", cache, "a", "p"}, clitest.Settings{Dir: dir + "/tree"})
	execute(t, other, `BEGIN IMMEDIATE`)
	s.Stdout.Want(clitest.LineOf("one", "a"))
	s.Settle()
	s.SendSignal(signal)
	for deadline := time.Now().Add(clitest.Limit); s.Catches(signal); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it goes on as if nothing had happened")
		}
	}
	begun := time.Now()
	s.SendSignal(signal)
	s.WantDeath(signal)
	if took := time.Since(begun); took > 4*time.Second { // it would wait for five
		t.Logf("it took %v: a slow machine, or one signal was enough", took)
	}
	execute(t, other, `ROLLBACK`)
}

// TestInterruptedLate interrupts a run over 32 files after nine tenths have been read,
// and kills another, which has stored digests from time to time.
func TestInterruptedLate(t *testing.T) {
	if !*large.Flag {
		t.Skip("with -large: two gigabytes of sparse files, and half a minute")
	}
	clitest.NeedRead(t)
	h := newLargeFiles(t, 32, 64<<20)
	want, _ := h.ended(clitest.Ours.Session(t, h.operands(), clitest.Settings{Dir: h.dir}))
	resume := func(notAgain int) {
		got, read := h.ended(h.reading(t, h.operands("--debug")...))
		if got.Status != "exit 0" || string(got.Stdout) != string(want.Stdout) {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		t.Logf("%d of %d bytes were read again\n%s", read, h.size(), got.Stderr)
		if h.size()-read < notAgain-h.beside() {
			t.Errorf("%d of %d bytes were read again, want all but %d", read, h.size(), notAgain)
		}
	}
	for _, args := range [][]string{nil, {"-j1"}, {"--io-jobs=1"}} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			h.interrupted(t, 0.9, clitest.Signal{Name: "INT", Signal: syscall.SIGINT}, args...)
			resume(h.size() * 85 / 100)
		})
	}
	t.Run("killed", func(t *testing.T) {
		removeCache(t, h.cache)
		s := h.reading(t, h.operands("-j1")...)
		s.AwaitRead(h.size() / 2)
		read := s.ReadSoFar()
		s.SendSignal(clitest.Signal{Name: "STOP", Signal: syscall.SIGSTOP})
		time.Sleep(31 * time.Second) // it is due as soon as the process goes on
		s.SendSignal(clitest.Signal{Name: "CONT", Signal: syscall.SIGCONT})
		for deadline := time.Now().Add(clitest.Limit); parts(t, h.cache) < 20; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing is kept")
			}
		}
		stored := parts(t, h.cache)
		s.SendSignal(clitest.Signal{Name: "KILL", Signal: syscall.SIGKILL})
		if status := s.End(); status != "signal: killed" {
			t.Fatal(status)
		}
		resume(read * stored / len(h.names))
	})
}
