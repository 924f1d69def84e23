package smpp

import (
	"bytes"
	"time"
)

// timeLen is the length of a time without its NUL (SMPP 3.4 §7.1.1).
const timeLen = 16

// Times returns schedule_delivery_time and validity_period as they stand in the frame (SMPP 3.4 §5.2.15,
// §5.2.16). Both are empty in a data_sm, which has neither.
func (m Message) Times() (schedule, validity []byte) {
	if m.schedule < 0 {
		return nil, nil
	}
	schedule, rest, _ := bytes.Cut(m.Frame[m.schedule:], []byte{0})
	validity, _, _ = bytes.Cut(rest, []byte{0})
	return schedule, validity
}

// ParseTime reads a time in the format YYMMDDhhmmsstnnp (SMPP 3.4 §7.1.1): absolute, or with p = `R` as
// long after now as it says. It returns false if s is empty or malformed. Of the two digits of the year it
// makes the year that is nearest to now.
func ParseTime(s []byte, now time.Time) (t time.Time, ok bool) {
	if len(s) != timeLen {
		return time.Time{}, false
	}
	var f [7]int // YY MM DD hh mm ss nn
	for i := range f {
		at := 2 * i
		if i == 6 {
			at++ // behind the tenths of a second
		}
		hi, lo := s[at]-'0', s[at+1]-'0'
		if hi > 9 || lo > 9 {
			return time.Time{}, false
		}
		f[i] = int(hi)*10 + int(lo)
	}
	if s[12]-'0' > 9 {
		return time.Time{}, false
	}
	clock := time.Duration(f[3])*time.Hour + time.Duration(f[4])*time.Minute + time.Duration(f[5])*time.Second
	offset := time.Duration(f[6]) * 15 * time.Minute
	switch s[timeLen-1] {
	case 'R':
		return now.UTC().AddDate(f[0], f[1], f[2]).Add(clock), true
	case '-':
		offset = -offset
	case '+': // ahead of UTC
	default:
		return time.Time{}, false
	}
	const maxQuarters = 48
	t = time.Date(nearestYear(f[0], now.Year()), time.Month(f[1]), f[2], 0, 0, 0, 0, time.UTC)
	if int(t.Month()) != f[1] || t.Day() != f[2] || f[3] > 23 || f[4] > 59 || f[5] > 59 || f[6] > maxQuarters {
		return time.Time{}, false
	}
	return t.Add(clock - offset), true
}

// nearestYear returns the year with the last two digits yy that is nearest to now.
func nearestYear(yy, now int) int {
	year := now - now%100 + yy
	switch {
	case year-now > 50:
		return year - 100
	case now-year > 50:
		return year + 100
	}
	return year
}
