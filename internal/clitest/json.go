//go:build unix

package clitest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A JSONObject is a line of --json.
type JSONObject map[string]any

// Name returns a member that may be encoded in base64, as bytes.
func (o JSONObject) Name(t testing.TB, key string) string {
	t.Helper()
	if s, ok := o[key].(string); ok {
		return s
	}
	coded, _ := o[key+"_base64"].(string)
	raw, err := base64.StdEncoding.Strict().DecodeString(coded)
	if err != nil || coded == "" {
		t.Fatalf("%v: no %s: %v", o, key, err)
	}
	return string(raw)
}

// JSONSchema compiles the schema, which also validates the schema itself.
func JSONSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertVocabs()
	schema, err := c.Compile(filepath.Join("..", "..", "doc", "psha1sum.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// Valid validates an object against the schema.
func Valid(t testing.TB, schema *jsonschema.Schema, o JSONObject) error {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text)) // keeps numbers exact
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// JSONObjects parses a complete output, validates each line against the schema, and
// checks the first and the last object.
func JSONObjects(t testing.TB, schema *jsonschema.Schema, got Outcome) (objects []JSONObject) {
	t.Helper()
	for line := range bytes.Lines(got.Stdout) {
		var o JSONObject
		if err := json.Unmarshal(line, &o); err != nil || line[len(line)-1] != '\n' {
			t.Fatalf("%q: %v", line, err)
		}
		if err := Valid(t, schema, o); err != nil {
			t.Errorf("%s%v", line, err)
		}
		objects = append(objects, o)
	}
	if len(objects) < 2 || objects[0]["type"] != "start" || objects[len(objects)-1]["type"] != "total" {
		t.Fatalf("not from start to total:\n%s", got)
	}
	total := objects[len(objects)-1]
	if want := fmt.Sprintf("exit %v", total["exit_status"]); got.Status != want {
		t.Errorf("the process ended with %s, the output says %s", got.Status, want)
	}
	return objects
}
