package otlp

import (
	"math"
	"strconv"
	"strings"

	"readback/internal/setting"
)

// Ratio is a part of all messages in percent, such as 0.1%. As a setting it is checked when it is read.
type Ratio string

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Ratio) UnmarshalText(text []byte) error {
	to := Ratio(text)
	if n := to.Value(); !(n >= 0 && n <= 1) {
		return &setting.Problem{What: "not a part of all messages", Hint: "0% to 100%, such as 1% or 0.1%"}
	}
	*r = to
	return nil
}

// Value returns the ratio as a number from 0 to 1; NaN if it is none.
func (r Ratio) Value() float64 {
	digits, ok := strings.CutSuffix(string(r), "%")
	n, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil {
		return math.NaN()
	}
	return n / 100
}

// has reports whether a random number is in a part of all numbers.
func has(part float64, random uint64) bool { return float64(random>>1) < part*math.MaxInt64 }
