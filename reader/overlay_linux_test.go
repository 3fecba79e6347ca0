package reader

import "testing"

// TestWritableOverlay reads tables of mounts as proc(5) has them.
func TestWritableOverlay(t *testing.T) {
	const device = 0<<8 | 57
	const optional = "29 1 0:57 / / rw,relatime shared:1 master:2 - "
	for _, test := range []struct {
		mounts string
		want   bool
	}{
		{"", false},
		{optional + "overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n", true},
		{"29 1 0:57 / / rw - overlay overlay rw,upperdir=/u\n", true},
		{"1 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + optional + "overlay none upperdir=/u", true},
		{optional + "overlay overlay ro,lowerdir=/l:/m\n", false},
		{optional + "overlay overlay rw,lowerdir=/upperdir=\n", false},
		{optional + "ext4 /upperdir= rw,upperdir=/u\n", false},
		{"29 1 0:5 / /0:57 rw - overlay overlay rw,upperdir=/u\n", false},
		{"29 1 57:0 / / rw - overlay overlay rw,upperdir=/u\n", false},
		{optional + "overlay\n", false},
		{optional, false},
		{"0:57 - overlay overlay upperdir=/u\n", false},
		{"\n - \n", false},
	} {
		if got := hasWritableOverlay([]byte(test.mounts), device); got != test.want {
			t.Errorf("%q: %v", test.mounts, got)
		}
	}
}
