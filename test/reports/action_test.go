//go:build unix

package reports_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"go.yaml.in/yaml/v3"
)

// An action is what action.yml says, as far as GitHub's runner reads it here.
type action struct {
	Name, Description string
	Inputs            map[string]struct {
		Description string
		Default     *string
		Required    bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	ID, Shell, Run string
	Env            map[string]string
}

// An actionUse is a step of a workflow.
type actionUse struct {
	Uses string
	With map[string]string
}

// repository is the top folder of these sources.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func readAction(t *testing.T) (a action, text string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a, string(data)
}

var (
	anInput  = regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`)
	anOutput = regexp.MustCompile(`^\$\{\{ steps\.([a-z0-9]+)\.outputs\.([a-z_]+) \}\}$`)
)

// TestActionFile checks that inputs can't become a part of a script: expressions are
// only in values of variables.
func TestActionFile(t *testing.T) {
	a, text := readAction(t)
	script, err := os.ReadFile(filepath.Join(repository(t), "scripts", "action"))
	if err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 1 || a.Name == "" || a.Description == "" {
		t.Fatalf("%+v", a)
	}
	step, used := a.Runs.Steps[0], []string{}
	for variable, value := range step.Env {
		match := anInput.FindStringSubmatch(value)
		if match == nil {
			t.Fatalf("%s is %q", variable, value)
		}
		if want := "INPUT_" + strings.ToUpper(strings.ReplaceAll(match[1], "-", "_")); variable != want {
			t.Errorf("%q is in %s, want %s", value, variable, want)
		}
		if !bytes.Contains(script, []byte("${"+variable+"-}")) {
			t.Errorf("the script doesn't use %s", variable)
		}
		used = append(used, match[1])
	}
	declared := []string{}
	for name, input := range a.Inputs {
		declared = append(declared, name)
		if input.Description == "" || input.Default == nil {
			t.Errorf("the input %s has no description, or no default", name)
		}
	}
	slices.Sort(used)
	slices.Sort(declared)
	if !slices.Equal(used, declared) {
		t.Errorf("there are inputs %q, and %q are used", declared, used)
	}
	for name, output := range a.Outputs {
		match := anOutput.FindStringSubmatch(output.Value)
		if match == nil || match[1] != step.ID || match[2] != name || output.Description == "" {
			t.Errorf("the output %s is %+v", name, output)
		}
	}
	checkActionDocument(t, a)
	if got, want := strings.Count(text, "${{"), len(step.Env)+len(a.Outputs); got != want {
		t.Errorf("there are %d expressions, and %d where they may be", got, want)
	}
}

// checkActionDocument checks that doc/ci.md knows the inputs and outputs, and that the
// workflow in it uses no others.
func checkActionDocument(t *testing.T, a action) {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(repository(t), "doc", "ci.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(document), "\n## The Action\n")
	_, example, _ := strings.Cut(chapter, "\n```yaml\n")
	example, _, _ = strings.Cut(example, "\n```\n")
	var workflow struct {
		Jobs map[string]struct {
			Steps []actionUse
		}
	}
	if err := yaml.Unmarshal([]byte(example), &workflow); err != nil {
		t.Fatal(err)
	}
	steps := workflow.Jobs["verify"].Steps
	i := slices.IndexFunc(steps, func(s actionUse) bool { return strings.HasPrefix(s.Uses, "psha1sum/psha1sum@") })
	if i < 0 {
		t.Fatalf("no step of the example uses the Action: %+v", steps)
	}
	for name := range steps[i].With {
		if _, ok := a.Inputs[name]; !ok {
			t.Errorf("the example has an input %s", name)
		}
	}
	for name := range a.Inputs {
		if !strings.Contains(chapter, "`"+name+"`") {
			t.Errorf("doc/ci.md doesn't tell of the input %s", name)
		}
	}
	for name := range a.Outputs {
		if !strings.Contains(chapter, "`"+name+"`") {
			t.Errorf("doc/ci.md doesn't tell of the output %s", name)
		}
	}
}

// runAction runs the step of action.yml as GitHub's runner does, and returns the
// outputs besides.
func runAction(t *testing.T, dir string, inputs map[string]string) (clitest.Outcome, map[string]string) {
	t.Helper()
	bash := clitest.NeedProgram(t, "bash")
	a, _ := readAction(t)
	s := newStep(t, dir)
	s.Env = append(s.Env,
		"GITHUB_ACTION_PATH="+repository(t), "RUNNER_TEMP="+t.TempDir(), "GITHUB_ACTIONS=true")
	// What Go builds with, and where it has its modules and what was built before.
	for _, variable := range []string{"HOME", "XDG_CACHE_HOME", "GOFLAGS", "GOPROXY", "GOSUMDB", "GOPATH", "GOMODCACHE", "GOCACHE"} {
		if value, ok := os.LookupEnv(variable); ok {
			s.Env = append(s.Env, variable+"="+value)
		}
	}
	for variable, value := range a.Runs.Steps[0].Env {
		name := anInput.FindStringSubmatch(value)[1]
		given, ok := inputs[name]
		if !ok {
			given = *a.Inputs[name].Default
		}
		s.Env = append(s.Env, variable+"="+given)
	}
	script := filepath.Join(t.TempDir(), "step.sh")
	if err := os.WriteFile(script, []byte(a.Runs.Steps[0].Run), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(bash, "--noprofile", "--norc", "-e", "-o", "pipefail", script)
	command.Dir, command.Env = dir, append(s.Env, "PATH="+os.Getenv("PATH"))
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	out := clitest.Outcome{Status: "exit 0", Stdout: stdout.Bytes(), Stderr: stderr.Bytes(), Offset: -1}
	if err != nil {
		out.Status = strings.Replace(err.Error(), "exit status", "exit", 1)
	}
	data, err := os.ReadFile(s.outputs)
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Errorf("a line of the outputs is %q", line)
		}
		outputs[name] = value
	}
	return out, outputs
}

// TestActionBuilds has the Action make its own psha1sum.
func TestActionBuilds(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	clitest.NeedProgram(t, "go")
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "SHA1SUMS", clitest.LineOf("a", "a")+clitest.LineOf("b", "a")+clitest.LineOf("c", "none")+"odd\n")
	out, outputs := runAction(t, dir, nil)
	want := map[string]string{
		"exit_status": "1", "computed": "0", "verified": "1", "mismatch": "1", "missing": "1", "unreadable": "0",
		"new": "0", "moved": "0", "ignored": "0", "malformed": "1",
		"status": "1", "mismatched": "1", "forgiven": "0",
	}
	if out.Status != "exit 1" || fmt.Sprint(outputs) != fmt.Sprint(want) {
		t.Errorf("the outputs are %v, want %v, of\n%s", outputs, want, out)
	}
	if commands := merges(out)[0]; len(commands) != 3 {
		t.Errorf("%+v of\n%s", commands, out)
	}
	wantOnly(t, dir, "a", "SHA1SUMS")
	a, _ := readAction(t)
	for name := range a.Outputs {
		if _, ok := outputs[name]; !ok {
			t.Errorf("nothing sets the output %s", name)
		}
	}
}

// hostileInputs are values that would like to be part of a script, of an option, or a
// command of the runner.
var hostileInputs = []string{
	"$(touch pwned)", "`touch pwned`", `"; touch pwned; "`, "'; touch pwned; '", "$HOME", "${{ github.token }}",
	"a b", "  a ", "*", "?", "[a-z]", "~", "!!", `\`, `a\`, "\\n", "&", "| touch pwned", "> pwned", "#", "x\r",
	"--help", "-c", "--", "-", "=", "::error::forged", "##[error]forged", "%0A::error::forged", "]]>", "\x01", "\xff", "é",
}

// TestActionWords records the command line that the script makes of inputs.
func TestActionWords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorder := filepath.Join(t.TempDir(), "recorder")
	if err := os.WriteFile(recorder, []byte("#!/bin/sh\nprintf '%s\\0' \"$@\" >\"$0.words\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	record := func(inputs map[string]string) []string {
		inputs["binary"] = recorder
		out, outputs := runAction(t, dir, inputs)
		if out.Status != "exit 0" || outputs["status"] != "0" || len(merges(out)[0]) > 0 {
			t.Errorf("%q:\n%s", inputs, out)
		}
		words, err := os.ReadFile(recorder + ".words")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")
	}
	want := func(got []string, words ...string) {
		t.Helper()
		words = append([]string{"--check", "--report=github"}, words...)
		if !slices.Equal(got, words) {
			t.Errorf("the words are %q, want %q", got, words)
		}
	}
	want(record(map[string]string{}), "--", "SHA1SUMS")
	want(record(map[string]string{
		"explain": "true", "fail-fast": "true", "strict": "true", "ignore-missing": "true", "beneath": "true",
		"manifest": "a\n\nb\n", "args": "--jobs\n2\n", "directory": "f",
	}), "--directory=.", "--directory=f", "--explain", "--fail-fast", "--strict", "--ignore-missing", "--beneath", "--jobs", "2", "--", "a", "b")
	// What a pull request may have made a link is below the workspace, and is to stay
	// there. A folder anywhere else is the workflow's own word.
	want(record(map[string]string{"beneath": "true", "folder": dir + "/a/b"}), "--directory=.", "--directory=a/b", "--beneath", "--", "SHA1SUMS")
	want(record(map[string]string{"beneath": "true", "folder": "/else/where"}), "--directory=/else/where", "--beneath", "--", "SHA1SUMS")
	want(record(map[string]string{"directory": "d"}), "--directory=d", "--", "SHA1SUMS")
	want(record(map[string]string{"beneath": "true"}), "--beneath", "--", "SHA1SUMS")
	all := strings.Join(hostileInputs, "\n")
	var requires []string
	for _, value := range hostileInputs {
		requires = append(requires, "--require="+value)
	}
	for _, value := range append(hostileInputs, all, "\n") {
		want(record(map[string]string{
			"folder": value, "algorithm": value, "audit": value, "junit": value, "require": all, "manifest": all,
		}), slices.Concat(
			[]string{"--directory=" + value, "--algorithm=" + value, "--audit=" + value, "--report=junit:" + value},
			requires, []string{"--"}, hostileInputs)...)
	}
	wantOnly(t, dir)
}

// TestActionBeneath has a pull request make links of what the workflow names: nothing
// outside of the workspace is read.
func TestActionBeneath(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	outside, dir := t.TempDir(), t.TempDir() // beside each other
	clitest.Write(t, outside, "f", "content")
	clitest.Write(t, outside, "SUMS", clitest.LineOf("content", "f"))
	clitest.Write(t, dir, "SUMS", clitest.LineOf("content", "f"))
	clitest.Write(t, dir, "real/sub/f", "content")
	clitest.Write(t, dir, "real/SUMS", clitest.LineOf("content", "f"))
	for name, to := range map[string]string{
		"absolute": outside, "up": "../" + filepath.Base(outside), "real/up": "../..", "chain": "absolute", "inner": "real/sub",
		"list": outside + "/SUMS", "proc": "/proc/self/cwd/real/sub",
	} {
		if err := os.Symlink(to, dir+"/"+name); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		folder, manifest string
		verified         bool
	}{
		{"real/sub", "SUMS", true}, {"./real//sub/", "SUMS", true}, {dir + "/real/sub", dir + "/SUMS", true}, {"inner", "SUMS", true},
		{"real/sub", "real/SUMS", true}, {outside, "SUMS", true}, {outside, outside + "/SUMS", true},
		{"absolute", "SUMS", false}, {"up", "SUMS", false}, {"real/up", "SUMS", false}, {"chain", "SUMS", false}, {"proc", "SUMS", false},
		{dir + "/absolute", "SUMS", false}, {"absolute/.", "SUMS", false}, {"../" + filepath.Base(outside), "SUMS", false},
		{"real/sub", "list", false}, {"real/sub", "./list", false}, {"real/sub", dir + "/list", false}, {"real/sub", "absolute/SUMS", false},
	} {
		out, outputs := runAction(t, dir, map[string]string{
			"binary": clitest.Ours.Path(), "beneath": "true", "folder": test.folder, "manifest": test.manifest,
		})
		if verified := out.Status == "exit 0" && outputs["verified"] == "1"; verified != test.verified {
			t.Errorf("%+v:\n%s", test, out)
		}
	}
}

// TestActionHostileValues runs the real program with hostile values of inputs.
func TestActionHostileValues(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	var manifests []string
	for _, value := range hostileInputs {
		if value != "-" && value != "--" {
			manifests = append(manifests, value)
			clitest.Write(t, dir, value, "content")
			clitest.Write(t, dir, "sums/"+value, clitest.LineOf("content", value))
		}
	}
	entries := len(manifests) + 1
	binary := clitest.Ours.Path()
	for _, inputs := range []map[string]string{
		{"manifest": "sums/" + strings.Join(manifests, "\nsums/")},
		{"manifest": strings.Join(manifests, "\n")},
		{"manifest": strings.Join(manifests, "\n"), "folder": "$(touch pwned)"},
		{"algorithm": "##[error]forged"}, {"algorithm": "::error::forged"},
		{"explain": "##[error]forged"}, {"binary": "##[error]forged"}, {"binary": "$(touch pwned)"},
		{"manifest": "\n"}, {"folder": "a\n::error::forged"}, {"directory": "a\n::error::forged"}, {"directory": "::error::forged", "folder": "sums"}, {"args": "--##[error]forged"},
		{"junit": "##[error]forged/x\n::error::forged"},
	} {
		if inputs["binary"] == "" {
			inputs["binary"] = binary
		}
		out, outputs := runAction(t, dir, inputs)
		want := "exit 1"
		if strings.HasPrefix(inputs["manifest"], "sums/") {
			want = "exit 0"
		}
		if out.Status != want || "exit "+outputs["status"] != want {
			t.Errorf("%q: want %s, got\n%s", inputs, want, out)
		}
		for _, commands := range merges(out) {
			for _, c := range commands {
				if c.properties["title"] != "psha1sum" || strings.HasPrefix(c.data, "forged") {
					t.Errorf("%q: %+v", inputs, c)
				}
			}
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != entries {
		t.Errorf("there are %v, %v, want %d entries", files, err, entries)
	}
}
