package locale

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAgainstGNU sets random locales and compares with whether the installed sha1sum
// shows the characters of a name. Besides the machine's locales there are copies of
// C.UTF-8 under other names in LOCPATH, one with another charset name.
func TestAgainstGNU(t *testing.T) {
	sha1sum := gnuSha1sum(t)
	const original = localeDir + "/C.utf8"
	if _, err := os.Stat(original); err != nil {
		t.Skip("C.UTF-8 is not installed as a directory")
	}
	locpath := t.TempDir()
	for _, name := range []string{"xx_YY.utf8", "zz", "vv_VV.UTF-8@mod", "uu_UU.UTF-8"} {
		if err := os.Symlink(original, filepath.Join(locpath, name)); err != nil {
			t.Fatal(err)
		}
	}
	relabel(t, original, filepath.Join(locpath, "aa_AA"))

	names := []string{
		"C", "C", "POSIX", "C.UTF-8", "C.UTF-8", "C.utf8", "C.uTF8", "C.u-t-f-8", "C.utf_8", "C. utf8", "C.UTF-8x",
		"C.ISO-IR-193", "c.utf8", "C_XX.utf8", "C.UTF-8@mod", "C_XX.UTF-8@x", "C@mod", "POSIX.UTF-8",
		"xx_YY", "xx_YY.UTF-8", "xx_YY.utf8@mod", "xx.UTF-8", "xx_YY.ISO-IR-193", "xx_YY_ZZ.utf8",
		"zz", "zz.UTF-8", "zz.ISO-IR-193", "zz.OSF05010001", "zz_QQ", "zz_QQ.utf8@m", "zz.", "zz.@m", "zz@m.n", "zz.8859",
		"zz@", "zz_", "_zz", "uu_UU", "uu_UU.UTF-8", "uu_UU.utf8", "vv_VV.UTF-8@mod", "vv_VV.utf8@mod", "vv_VV.UTF-8",
		"aa_AA", "aa_AA.UTF-8", "aa_AA.ASCII", "missing", "missing.UTF-8", ".", "..", "@", "_", "./zz", "x/../zz",
		strings.Repeat("z", 300), "zz." + strings.Repeat(" ", 247) + "UTF-8", "zz." + strings.Repeat(" ", 248) + "UTF-8",
		"C.utf8/", "zz/", "z\u00e9.UTF-8", "zz.UTF-8\xff",
	}
	names = append(names, installed(t)...)
	rng := rand.New(rand.NewPCG(5, 5))
	cases := 800
	if testing.Short() {
		cases = 200
	}
	dir, utf8Cases := t.TempDir(), 0
	for i := range cases {
		name := names[i%len(names)]
		env := randomEnv(rng, name, names, locpath)
		want := showsUTF8(t, sha1sum, dir, env)
		if want {
			utf8Cases++
		}
		if got := UTF8(env.get); got != want {
			t.Errorf("with %q UTF8 is %v, sha1sum shows %v", env, got, want)
		}
	}
	t.Logf("UTF-8 in %d of %d environments", utf8Cases, cases)
	if utf8Cases < cases/10 || utf8Cases > cases*9/10 {
		t.Error("the environments are too much alike")
	}
}

func gnuSha1sum(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("sha1sum")
	if err != nil {
		t.Skip("no sha1sum is installed")
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil || !bytes.HasPrefix(version, []byte("sha1sum (GNU coreutils) 9.")) {
		t.Skip("the installed sha1sum is not of GNU coreutils 9")
	}
	return path
}

// relabel copies a locale with its charset renamed to ASCII, in the files of all
// categories.
func relabel(t *testing.T, original, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(original)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data = bytes.ReplaceAll(data, []byte("UTF-8\x00"), []byte("ASCII\x00"))
		return os.WriteFile(path, data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// installed returns some of the machine's locales.
func installed(t *testing.T) []string {
	output, err := exec.Command("locale", "-a").Output()
	if err != nil {
		t.Logf("locale -a: %v", err)
		return nil
	}
	names := strings.Fields(string(output))
	return names[:min(len(names), 50)]
}

type environment []string

func (env environment) get(variable string) string {
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, variable+"="); ok {
			return value
		}
	}
	return ""
}

// randomEnv sets a locale in a random way, sometimes with another one besides, and
// sometimes without the usual directory.
func randomEnv(rng *rand.Rand, name string, names []string, locpath string) environment {
	variables := append([]string{"LC_CTYPE", "LANG"}, otherCategories[:]...)
	var env environment
	switch rng.IntN(4) {
	case 0, 1:
		env = append(env, "LC_ALL="+name)
	case 2:
		env = append(env, "LC_CTYPE="+name)
	case 3:
		env = append(env, "LC_ALL=", "LANG="+name)
	}
	if rng.IntN(2) == 0 {
		env = env.set(variables[rng.IntN(len(variables))], names[rng.IntN(len(names))])
	}
	if rng.IntN(2) == 0 {
		env = env.set(variables[rng.IntN(len(variables))], "zz")
	}
	switch rng.IntN(8) {
	case 0:
	case 1:
		env = append(env, "LOCPATH=")
	case 2:
		env = append(env, "LOCPATH=:")
	case 3:
		env = append(env, "LOCPATH=/nowhere::"+locpath+":")
	default:
		env = append(env, "LOCPATH="+locpath)
	}
	return env
}

// set adds a variable unless it is set.
func (env environment) set(variable, value string) environment {
	if env.get(variable) != "" {
		return env
	}
	return append(env, variable+"="+value)
}

// showsUTF8 reports whether sha1sum, in its error for a missing file, shows UTF-8 and
// escapes the rest, which it does only with UTF-8.
func showsUTF8(t *testing.T, path, dir string, env environment) bool {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Cmd{
		Path: path, Args: []string{"sha1sum", "\xff\u00e9\U0001f600"},
		Env: env, Dir: dir, Stderr: &stderr,
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(stderr.String(), "sha1sum: ''$'\\377''\u00e9\U0001f600': ")
}
