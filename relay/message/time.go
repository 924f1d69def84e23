package message

import "time"

// Time is the time of so many milliseconds since 1970, in UTC.
func Time(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// DayOf is the day of a time in milliseconds, since 1970, UTC.
func DayOf(ms int64) uint16 { return uint16(ms / (24 * time.Hour).Milliseconds()) }
