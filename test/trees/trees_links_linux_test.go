package trees_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestTreeWithoutOpenat2 replaces a directory by a link after it was listed and before
// its files are opened, on a system without openat2(2). The files are not opened yet
// because the output is not being read and the window is full of very long names.
func TestTreeWithoutOpenat2(t *testing.T) {
	clitest.NeedOwn(t)
	under := clitest.Inject(t, "openat2:error=ENOSYS")
	for _, how := range [][]string{{"--io=auto"}, {"--io=read", "--cache=../cache"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			dir := t.TempDir()
			const secret = "a secret that is outside of the tree"
			for i := range 700 {
				clitest.Write(t, dir, fmt.Sprintf("top/a/%03d", i), "")
			}
			clitest.Write(t, dir, "top/z/sub/x", "in the tree")
			clitest.Write(t, dir, "outside/sub/x", secret)
			args := append(how, "-r", strings.Repeat("./", 1900)+"top")
			s := clitest.Ours.Session(t, args, clitest.Settings{Dir: dir, Under: under})
			first := s.Stdout.Next()
			s.Settle() // when all is listed that is listed ahead
			for _, err := range []error{os.Rename(dir+"/top/z", dir+"/aside"), os.Symlink("../outside", dir+"/top/z")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			s.Stdin.Close()
			out := first + s.Stdout.Rest()
			if n := strings.Count(out, "\n"); n != 700 || strings.Contains(out, clitest.DigestOf(secret)) {
				t.Errorf("%d lines, of what is outside: %v", n, strings.Contains(out, clitest.DigestOf(secret)))
			}
			_, message, _ := strings.Cut(s.Stderr.Rest(), "/top/")
			if name, ok := strings.CutSuffix(message, ": Too many levels of symbolic links\n"); !ok || !strings.HasPrefix("z/sub/x", name) {
				t.Errorf("%q", message)
			}
			if status := s.End(); status != "exit 1" {
				t.Error(status)
			}
		})
	}
}
