package cache

import (
	"hash/fnv"
	"os"
)

// bootNow returns a number that identifies the current boot of the system, or anyBoot
// if it is unknown.
func bootNow() uint32 {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil || len(id) == 0 {
		return anyBoot
	}
	sum := fnv.New32a()
	sum.Write(id)
	return max(sum.Sum32(), anyBoot+1)
}
