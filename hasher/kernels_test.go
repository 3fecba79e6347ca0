package hasher_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// mustRun is the environment variable that tells a test process its algorithm and
// kernel.
const mustRun = "PSHA1SUM_TEST_MUST_RUN"

// These processes choose kernels as on Zen 4, on any machine, so that the fastest of
// the enabled kernels is known.
func init() {
	if os.Getenv(mustRun) != "" {
		for _, a := range hasher.Algorithms {
			*a = *hasher.OnFamily(a, lanes.Zen4)
		}
	}
}

// TestForcedKernels runs the tests that compare digests once for each kernel, in
// processes that disable the others with PSHA1SUM_DISABLE.
func TestForcedKernels(t *testing.T) {
	if name, kernel, forced := strings.Cut(os.Getenv(mustRun), " "); forced {
		checkForced(t, hasher.Lookup(name), kernel)
		return
	}
	for _, test := range []struct{ alg, kernel, disable string }{
		{"sha1", "generic", "avx512,avx2,shani,crypto/sha1"},
		{"sha1", "crypto/sha1", "avx512,avx2,shani"},
		{"sha1", "avx2-x8", "avx512,shani"},
		{"sha1", "avx2-x8", "avx512,shani,crypto/sha1"},
		{"sha1", "shani-x1", "avx512,avx2,shani-x2,shani-x3,shani-x4"},
		{"sha1", "shani-x2", "avx512,avx2,shani-x1,shani-x3,shani-x4"},
		{"sha1", "shani-x3", "avx512,avx2,shani-x1,shani-x2,shani-x4"},
		{"sha1", "shani-x4", "avx512,avx2,shani-x1,shani-x2,shani-x3"},
		{"sha1", "avx512-x8", "avx512-x16"},
		{"sha1", "avx512-x16", "shani"},
		{"sha1", "avx512-x16", "avx512-x8,avx2,shani,crypto/sha1"},
		{"md5", "md5/generic", "avx512,avx2,crypto/md5"},
		{"md5", "crypto/md5", "avx512,avx2"},
		{"md5", "md5/avx2-x8", "md5/avx512"},
		{"md5", "md5/avx512-x8", "avx512-x16"},
		{"md5", "md5/avx512-x16", "avx512-x8,avx2,crypto"},
		{"sha256", "sha256/generic", "avx512,avx2,shani,crypto/sha256,minio"},
		{"sha256", "crypto/sha256", "avx512,avx2,shani,minio/sha256-simd"},
		{"sha256", "minio/sha256-simd", "avx512,avx2,shani"},
		{"sha256", "sha256/avx2-x8", "sha256/avx512,sha256/shani"},
		{"sha256", "sha256/shani-x1", "avx512,avx2,shani-x2"},
		{"sha256", "sha256/shani-x2", "avx512,avx2,sha256/shani-x1"},
		{"sha256", "sha256/avx512-x8", "sha256/avx512-x16,shani"},
		{"sha256", "sha256/avx512-x16", "shani,avx512-x8,avx2"},
		{"sha512", "sha512/generic", "avx512,avx2,crypto"},
		{"sha512", "crypto/sha512", "avx512,avx2"},
		{"sha512", "sha512/avx2-x4", "avx512"},
		{"sha512", "sha512/avx512-x4", "avx512-x8"},
		{"sha512", "sha512/avx512-x8", "avx512-x4,avx2,crypto"},
		{"blake2b", "blake2b/generic", "avx512,avx2"},
		{"blake2b", "blake2b/avx2-x1", "avx512,avx2-x4"},
		{"blake2b", "blake2b/avx2-x4", "avx512"},
		{"blake2b", "blake2b/avx512-x1", "avx512-x4,avx512-x8,avx2"},
		{"blake2b", "blake2b/avx512-x4", "avx512-x8"},
		{"blake2b", "blake2b/avx512-x8", "avx512-x1,avx512-x4,avx2"},
	} {
		t.Run(fmt.Sprintf("%s without %s", test.kernel, test.disable), func(t *testing.T) {
			t.Parallel()
			if !slices.Contains(hasher.KernelsOf(hasher.Lookup(test.alg)), test.kernel) {
				t.Skipf("not on this processor: %s (or it is switched off)", test.kernel)
			}
			run := "^(TestForcedKernels|TestLaws|TestNIST.*|TestVectors|TestSaved.*)$/^" + test.alg + "$"
			if test.alg == "sha1" {
				run += "|^(TestEveryLength|TestMixedBatches)$"
			}
			cmd := exec.Command(os.Args[0], "-test.v", "-test.short", "-test.run="+run)
			cmd.Env = append(os.Environ(), "PSHA1SUM_DISABLE="+test.disable, mustRun+"="+test.alg+" "+test.kernel,
				"GORACE=atexit_sleep_ms=0") // don't wait at exit
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// checkForced tests that the kernel hashes full batches, and that no disabled kernel
// runs.
func checkForced(t *testing.T, alg *hasher.Algorithm, kernel string) {
	available := hasher.KernelsOf(alg)
	if !slices.Contains(available, kernel) {
		t.Fatalf("no %s", kernel)
	}
	pool := hasher.NewPool(1)
	var all []*message
	var streams []*hasher.Stream
	for range alg.Lanes() {
		m := newMessage(t, make([]byte, 1000), []int{1000})
		m.alg = alg
		s := pool.NewStream(alg, m)
		s.Expect()
		all, streams = append(all, m), append(streams, s)
	}
	for i, m := range all {
		m.write(streams[i], nothing)
	}
	for _, m := range all {
		m.check()
	}
	pool.Close()
	used := pool.Used()
	if !slices.Contains(used, kernel) {
		t.Errorf("a batch of %d used %q, not %s", len(all), used, kernel)
	}
	for _, name := range used {
		if !slices.Contains(available, name) {
			t.Errorf("a batch of %d used %s, which is switched off", len(all), name)
		}
	}
}

// TestFamilies hashes batches of any size with the kernels chosen as on each processor
// family. Digests must be the same.
func TestFamilies(t *testing.T) {
	for _, registered := range hasher.Algorithms {
		for _, f := range lanes.Families() {
			alg := hasher.OnFamily(registered, f)
			t.Run(fmt.Sprintf("%s/%v", alg.Name, f), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(16, 16))
				pool := hasher.NewPool(2)
				var all []*message
				for count := 1; count <= 2*lanes.MaxLanes+1; count++ {
					var streams []*hasher.Stream
					for range count {
						n := rng.IntN(2000)
						m := newMessage(t, randomBytes(rng, n), []int{n})
						m.alg = alg
						s := pool.NewStream(alg, m)
						s.Expect()
						all, streams = append(all, m), append(streams, s)
					}
					for i, m := range all[len(all)-count:] {
						m.write(streams[i], nothing)
					}
					for _, m := range all[len(all)-count:] {
						m.check()
					}
				}
				pool.Close()
				for _, m := range all {
					m.checkMemory()
				}
			})
		}
	}
}

// TestMixedBatches submits any number of messages of any lengths together, so that some
// end in the middle of a batch.
func TestMixedBatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	most := 2*hasher.SHA1.Lanes() + 1
	for _, workers := range []int{1, 2} {
		for count := 1; count <= most; count++ {
			pool := hasher.NewPool(workers)
			var all []*message
			var streams []*hasher.Stream
			for range count {
				n := rng.IntN(1 << (1 + rng.IntN(13)))
				if rng.IntN(50) == 0 {
					n = rng.IntN(400_000)
				}
				m := newMessage(t, randomBytes(rng, n), split(rng, n))
				s := pool.NewStream(hasher.SHA1, m)
				s.Expect()
				all, streams = append(all, m), append(streams, s)
			}
			for i, m := range all {
				m.write(streams[i], nothing)
			}
			for _, m := range all {
				m.check()
			}
			pool.Close()
			for _, m := range all {
				m.checkMemory()
			}
		}
	}
}
