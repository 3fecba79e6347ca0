package cache

import (
	"hash/fnv"
	"os"
)

// bootNow tells this boot of the system from others, in a number that isn't anyBoot
// if it is known.
func bootNow() uint32 {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil || len(id) == 0 {
		return anyBoot
	}
	sum := fnv.New32a()
	sum.Write(id)
	return max(sum.Sum32(), anyBoot+1)
}
