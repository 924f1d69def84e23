package config

import (
	"fmt"
	"reflect"
	"strings"

	"readback/internal/setting"
)

// Sample returns a configuration file with every key at its default and its meaning beside
// it. Loading it changes nothing.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Every key of Readback with its default. Each is also a variable:\n")
	b.WriteString("# track.carriage is READBACK_TRACK_CARRIAGE.\n")
	b.WriteString("# Editors know the keys from a file that readback config schema prints:\n")
	b.WriteString("# yaml-language-server: $schema=config.schema.json\n")
	section, defaults := "", Default()
	for _, f := range fields {
		if !isMap(f) {
			sampleSections(&b, section, setting.Parent(f.Key))
			section = setting.Parent(f.Key)
			sampleKey(&b, f, f.Text(defaults))
		}
	}
	b.WriteString(sampleAccounts)
	return b.String()
}

const sampleAccounts = `
# what differs for one account, by the system_id that the ESME binds with
accounts: {}
#  bank:
#    track:
#      when: all
#      carriage: auto
#    feedback:
#      form: sme-ack
#    rate: 500
#    burst: 1000
#    over_rate: pace
#    window: 50
#    max_sessions: 4
#    allow: [10.1.0.0/16, 192.0.2.7]
#    senders: [10690001, 1069200*, Bank]
#    may_read: [447700900*]
#    # in shared mode also: password_hash, which readback hash-password makes
#    addresses: [447700900*, 1069000-1069099, 10690001, Bank]
`

// sampleSections writes the headings of the sections that begin with this key.
func sampleSections(b *strings.Builder, before, section string) {
	if section == "" || section == before || strings.HasPrefix(before, section+".") {
		return
	}
	sampleSections(b, before, setting.Parent(section))
	indent := indentOf(section)
	if indent == "" {
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "%s# %s\n%s%s:\n", indent, sections[section], indent, setting.Last(section))
}

func sampleKey(b *strings.Builder, f setting.Field, text string) {
	name, indent := setting.Last(f.Key), indentOf(f.Key)
	if f.Tag.Get("follows") != "" {
		name = "#" + name // a value in the sample would no longer follow the other key
	}
	fmt.Fprintf(b, "%s# %s\n%s%s: %s\n", indent, strings.ReplaceAll(f.Meaning(), "`", ""), indent, name, text)
}

// indentOf returns the indentation of a key: two spaces for each section around it.
func indentOf(key string) string { return strings.Repeat("  ", strings.Count(key, ".")) }

// isMap reports whether a key holds the accounts.
func isMap(f setting.Field) bool { return f.Type.Kind() == reflect.Map }
