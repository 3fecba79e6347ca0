//go:build !linux

package locale

import "testing"

func TestUTF8(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want bool
	}{
		{"nothing set", nil, false},
		{"C", map[string]string{"LANG": "C"}, false},
		{"language alone", map[string]string{"LANG": "en_US"}, false},
		{"UTF-8", map[string]string{"LANG": "en_US.UTF-8"}, true},
		{"other spelling", map[string]string{"LANG": "en_US.utf8"}, true},
		{"modifier", map[string]string{"LANG": "de_DE.UTF-8@euro"}, true},
		{"codeset alone", map[string]string{"LC_CTYPE": "UTF-8"}, true},
		{"other charset", map[string]string{"LANG": "de_DE.ISO8859-1"}, false},
		{"LC_CTYPE before LANG", map[string]string{"LANG": "en_US.UTF-8", "LC_CTYPE": "C"}, false},
		{"LC_ALL before LC_CTYPE", map[string]string{"LC_ALL": "en_US.UTF-8", "LC_CTYPE": "C"}, true},
		{"empty is unset", map[string]string{"LC_ALL": "", "LC_CTYPE": "", "LANG": "C.UTF-8"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			getenv := func(variable string) string { return test.env[variable] }
			if got := UTF8(getenv); got != test.want {
				t.Errorf("UTF8 with %v = %v, want %v", test.env, got, test.want)
			}
		})
	}
}
