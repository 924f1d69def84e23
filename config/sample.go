package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Sample returns a configuration file with every key at its default and its
// meaning beside it. Loaded, it changes nothing.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Every key of Readback with its default. Each is also a variable:\n")
	b.WriteString("# track.carriage is READBACK_TRACK_CARRIAGE.\n")
	sampleOf(&b, reflect.TypeFor[Config](), "", "")
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
#    may_read: [447700900*]
#    # in shared mode also: password_hash, which readback hash-password makes
#    addresses: [447700900*, 1069000-1069099, 10690001, Bank]
`

func sampleOf(b *strings.Builder, t reflect.Type, prefix, indent string) {
	for i := range t.NumField() {
		sf := t.Field(i)
		name := sf.Tag.Get("key")
		key := join(prefix, name)
		switch f := fieldsByKey[key]; {
		case name == "" || f.isMap():
		case sf.Type.Kind() == reflect.Struct:
			if indent == "" {
				b.WriteByte('\n')
			}
			fmt.Fprintf(b, "%s# %s\n%s%s:\n", indent, sf.Tag.Get("doc"), indent, name)
			sampleOf(b, sf.Type, key, indent+"  ")
		default:
			if f.tag.Get("follows") != "" {
				name = "#" + name // written out, it would no longer follow
			}
			meaning := strings.ReplaceAll(f.meaning(), "`", "")
			fmt.Fprintf(b, "%s# %s\n%s%s: %s\n", indent, meaning, indent, name, f.defaultText())
		}
	}
}
