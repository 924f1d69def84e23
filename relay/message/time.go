package message

import "time"

// Time returns the time of ms, milliseconds since 1970, in UTC.
func Time(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// DayOf returns the day, since 1970 in UTC, of a time in milliseconds.
func DayOf(ms int64) uint16 { return uint16(ms / (24 * time.Hour).Milliseconds()) }
