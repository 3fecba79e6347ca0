//go:build unix

package trees_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestTreeThatChanges walks a tree while files in it are created, removed and renamed,
// and replaced by FIFOs and links to a secret. The walk must end, never read files
// outside, and find all files that don't change.
func TestTreeThatChanges(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	const dirs, files = 30, 20
	secret := "a secret that is outside of the tree"
	clitest.Write(t, dir, "outside/file", secret)
	top := dir + "/top"
	var steady strings.Builder
	for i := range dirs {
		for j := range files {
			name := fmt.Sprintf("%02d/%02d-steady", i, j)
			clitest.Write(t, top, name, name)
			steady.WriteString(clitest.LineOf(name, "./"+name))
			clitest.Write(t, top, fmt.Sprintf("%02d/%02d-file", i, j), "changing")
		}
		clitest.Write(t, top, fmt.Sprintf("%02d/99-dir/file", i), "changing")
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for rng := rand.New(rand.NewPCG(1, 1)); ; {
			select {
			case <-stop:
				return
			default:
			}
			for range 50 {
				disturb(rng, top, dir+"/outside", dirs, files)
			}
			time.Sleep(100 * time.Microsecond) // there is a tool to run, too
		}
	}()
	rounds := large.Or(24, 60)
	if testing.Short() || clitest.RaceEnabled {
		rounds = 15
	}
	ways := []string{"--io=auto", "--io=read", "--io-jobs=1"}
	for n := range rounds {
		out := clitest.Ours.Output(t, []string{"-r", ways[n%len(ways)]}, clitest.Settings{Dir: top})
		if out.Status != "exit 0" && out.Status != "exit 1" {
			t.Fatalf("%s", out)
		}
		var kept strings.Builder
		for line := range strings.SplitAfterSeq(string(out.Stdout), "\n") {
			if strings.HasPrefix(line, clitest.DigestOf(secret)) {
				t.Errorf("the secret was read: %q", line)
			}
			if strings.HasSuffix(line, "-steady\n") {
				kept.WriteString(line)
			}
		}
		clitest.WantText(t, kept.String(), steady.String())
		for line := range strings.SplitSeq(strings.TrimSuffix(string(out.Stderr), "\n"), "\n") {
			if line != "" && !expected(line) {
				t.Errorf("%q", line)
			}
		}
		if t.Failed() {
			break
		}
	}
	close(stop)
	<-stopped
}

// expected reports whether a message is one that such changes cause.
func expected(line string) bool {
	for _, end := range []string{
		": No such file or directory", ": Not a directory", ": Is a directory", ": Too many levels of symbolic links",
		": not a regular file", ": FIFO skipped", ": Structure needs cleaning",
	} {
		if strings.HasSuffix(line, end) {
			return true
		}
	}
	return false
}

// disturb changes one thing, if it can.
func disturb(rng *rand.Rand, top, outside string, dirs, files int) {
	directory := fmt.Sprintf("%s/%02d", top, rng.IntN(dirs))
	file := fmt.Sprintf("%s/%02d-file", directory, rng.IntN(files))
	sub := directory + "/99-dir"
	switch rng.IntN(8) {
	case 0:
		os.Remove(file)
		os.Symlink(outside+"/file", file)
	case 1:
		os.Remove(file)
		syscall.Mkfifo(file, 0o644)
	case 2:
		os.RemoveAll(file)
		os.Mkdir(file, 0o755)
	case 3, 4: // renamed onto whatever it is, so that the name is always there
		next := filepath.Dir(top) + "/next"
		if os.WriteFile(next, []byte("changing"), 0o644) == nil && os.Rename(next, file) != nil {
			os.RemoveAll(file)
			os.Rename(next, file)
		}
	case 5:
		os.RemoveAll(sub)
		os.Symlink(outside, sub)
	case 6:
		os.RemoveAll(sub)
		os.Mkdir(sub, 0o755)
		os.WriteFile(sub+"/file", []byte("changing"), 0o644)
	case 7:
		os.Rename(sub, fmt.Sprintf("%s/%02d/98-moved", top, rng.IntN(dirs)))
	}
}
