package threads

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestGroups finds the limits in copies of /proc and control group hierarchies of
// several environments.
func TestGroups(t *testing.T) {
	for _, test := range []struct {
		title, cgroup, mountinfo string
		files                    map[string]string // limits and threads in use
		room                     int
	}{
		{
			title:     "version 2, below two limits",
			cgroup:    "0::/user.slice/user-1000.slice/run.scope\n",
			mountinfo: "29 23 0:26 / DIR/cg rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
			files: map[string]string{
				"cg/user.slice/pids.max": "max", "cg/user.slice/pids.current": "900",
				"cg/user.slice/user-1000.slice/pids.max": "500", "cg/user.slice/user-1000.slice/pids.current": "480",
				"cg/user.slice/user-1000.slice/run.scope/pids.max": "100", "cg/user.slice/user-1000.slice/run.scope/pids.current": "7",
			},
			room: 20,
		},
		{
			title:     "version 2, a container's own root",
			cgroup:    "0::/\n",
			mountinfo: "29 23 0:26 / DIR/cg ro - cgroup2 cgroup rw\n",
			files:     map[string]string{"cg/pids.max": "100", "cg/pids.current": "7"},
			room:      93,
		},
		{
			title:     "version 1, of which a container sees its part",
			cgroup:    "12:cpu,cpuacct:/docker/abc\n5:pids:/docker/abc\n1:name=systemd:/docker/abc\n0::/system.slice\n",
			mountinfo: "40 23 0:26 / DIR/other rw - cgroup2 cgroup rw\n41 23 0:31 /docker/abc DIR/cpu ro - cgroup cgroup rw,cpu,cpuacct\n42 23 0:32 /docker/abc DIR/pids ro master:3 - cgroup cgroup rw,pids\n",
			files:     map[string]string{"pids/pids.max": "64", "pids/pids.current": "60", "cpu/pids.max": "1", "cpu/pids.current": "1"},
			room:      4,
		},
		{
			title:     "a mount point with a space",
			cgroup:    "5:pids:/a\n",
			mountinfo: "42 23 0:32 / DIR/of\\040pids rw - cgroup none rw,pids\n",
			files:     map[string]string{"of pids/a/pids.max": "64", "of pids/a/pids.current": "64"},
			room:      0,
		},
		{
			title:     "a group whose name goes on behind that of the mount",
			cgroup:    "0::/ab/c\n",
			mountinfo: "42 23 0:32 /a DIR/cg rw - cgroup2 none rw\n",
			files:     map[string]string{"cg/b/c/pids.max": "64", "cg/b/c/pids.current": "64"},
			room:      1000,
		},
		{
			title:     "outside of what is mounted",
			cgroup:    "0::/../other\n",
			mountinfo: "42 23 0:32 / DIR/cg rw - cgroup2 none rw\n",
			files:     map[string]string{"other/pids.max": "64", "other/pids.current": "64"},
			room:      1000,
		},
		{title: "none", cgroup: "", mountinfo: "1 0 0:1 / / rw - ext4 /dev/vda rw\n", room: 1000},
		{title: "nonsense", cgroup: "\n::\nx\n0::/a\n", mountinfo: "\n - \n1 2 3 - cgroup2\n1 2 3 4 5 6 - cgroup\n", room: 1000},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir+"/proc/cgroup", test.cgroup)
			write(t, dir+"/proc/mountinfo", strings.ReplaceAll(test.mountinfo, "DIR", dir))
			for name, text := range test.files {
				write(t, dir+"/"+name, text+"\n")
			}
			found, err := groupLimits(dir+"/proc", dir+"/usual")
			if err != nil {
				t.Fatal(err)
			}
			if got := found.room(1000); got != test.room {
				t.Errorf("there is room for %d, want %d: %v", got, test.room, found)
			}
		})
	}
}

// TestLimitChanges: a limit that is changed or removed meanwhile takes effect.
func TestLimitChanges(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/pids.max", "100\n")
	write(t, dir+"/pids.current", "10\n")
	g := groupLimit{dir, 100}
	for _, test := range []struct {
		max  string
		room int
	}{{"100", 90}, {"50", 40}, {"5", 0}} {
		write(t, dir+"/pids.max", test.max+"\n")
		if got := g.room(1000); got != test.room {
			t.Errorf("there is room for %d of %s, want %d", got, test.max, test.room)
		}
	}
}

// TestHere finds the limits of this process, whatever they are.
func TestHere(t *testing.T) {
	found, err := findLimits()
	if err != nil {
		t.Fatal(err)
	}
	if found != nil {
		t.Log("room for", found.room(1_000_000))
	}
	if n := countThreads(); n < 2 || n > 1000 {
		t.Errorf("this process has %d threads", n)
	}
}

// TestSearch checks the sequence of questions.
func TestSearch(t *testing.T) {
	for free := range 40 {
		for _, most := range []int{-1, 0, 1, 10, 39, 1000} {
			asked := 0
			got := search(most, func(n int) bool { asked++; return n <= free })
			if want := max(min(most, free), 0); got != want || asked > 11 {
				t.Errorf("search(%d) = %d after %d questions, want %d", most, got, asked, want)
			}
		}
	}
}
