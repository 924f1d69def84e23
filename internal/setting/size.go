package setting

import (
	"math"
	"strconv"
	"strings"
)

// Size is a number of octets. It is written with a unit: KiB, MiB or GiB.
type Size int64

var sizeUnits = []struct {
	name string
	size Size
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

// ParseSize parses a whole number with a unit.
func ParseSize(s string) (Size, *Problem) {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || n > uint64(math.MaxInt64/u.size) {
			break
		}
		return Size(n) * u.size, nil
	}
	return 0, &Problem{"not a size", wantedSize}
}

const wantedSize = "a size such as 128MiB or 1GiB"

// String returns s with the largest unit of which it is a multiple.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

func (f Field) size(v any) (any, *Problem) {
	s, ok := v.(string)
	if !ok {
		return nil, f.wrongType(v)
	}
	n, p := ParseSize(s)
	if p != nil {
		return nil, p
	}
	return n, f.checkRange(int64(n))
}
