package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestTreeWithoutOpenat2 puts a link in the place of a directory that was listed, and
// whose files have not been opened yet, because what is printed before has not been
// read: the window is full with names that are very long. The system has no openat2(2).
func TestTreeWithoutOpenat2(t *testing.T) {
	needOwn(t)
	under := inject(t, "openat2:error=ENOSYS")
	for _, how := range [][]string{{"--io=auto"}, {"--io=read", "--cache=../cache"}} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			dir := t.TempDir()
			const secret = "a secret that is outside of the tree"
			for i := range 700 {
				write(t, dir, fmt.Sprintf("top/a/%03d", i), "")
			}
			write(t, dir, "top/z/sub/x", "in the tree")
			write(t, dir, "outside/sub/x", secret)
			args := append(how, "-r", strings.Repeat("./", 1900)+"top")
			s := ours.session(t, args, settings{dir: dir, under: under})
			first := s.stdout.next()
			s.settle() // when all is listed that is listed ahead
			for _, err := range []error{os.Rename(dir+"/top/z", dir+"/aside"), os.Symlink("../outside", dir+"/top/z")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			s.stdin.Close()
			out := first + s.stdout.rest()
			if n := strings.Count(out, "\n"); n != 700 || strings.Contains(out, digestOf(secret)) {
				t.Errorf("%d lines, of what is outside: %v", n, strings.Contains(out, digestOf(secret)))
			}
			_, message, _ := strings.Cut(s.stderr.rest(), "/top/")
			if name, ok := strings.CutSuffix(message, ": Too many levels of symbolic links\n"); !ok || !strings.HasPrefix("z/sub/x", name) {
				t.Errorf("%q", message)
			}
			if status := s.end(); status != "exit 1" {
				t.Error(status)
			}
		})
	}
}
