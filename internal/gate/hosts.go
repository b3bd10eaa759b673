package gate

import (
	"net"
	"strings"
	"unicode/utf8"

	"tenon.dev/tenon/internal/pattern"
)

// clients are programs that connect to a host which an argument names.
const clients = `curl|wget|aria2c|nc|ncat|netcat|ssh|scp|sftp|rsync|telnet|socat|ftp|lftp|git|dig|nslookup|host|ping|openssl|s_client|mc|s3cmd|rclone|skopeo|crane|oras|docker|podman|helm|redis-cli|psql|mysql|mongosh|ldapsearch|npm|yarn|pip3?|conda|poetry|uv|gem|cargo|apt|apt-get|https?|xh|getent|mosquitto_pub|mosquitto_sub|kubectl|logger|drill|kdig|traceroute|nmap|mosh|smbclient|grpcurl|websocat`

// clientCall fits a call of one with its arguments, and hostWord a word of these that may be a host: with a user
// before it, with a port or a path behind it.
var (
	clientCall = pattern.New(`(?:^|[\s;&|("'=/])(?:` + clients + `)\s[^\n]+`)
	hostWord   = pattern.New(`(?i)(?:^|[\s"'=@]|[)}]\.?|::|https?:/)(\[[0-9a-f:.]+\]|(?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]+)\.?(:[^\s"']*|/[^\s"']*)?(?:$|[\s"')?>;|&])`)
	// withPort fits a host with a port, wherever it stands, and quotedHost one that a program is given as a text.
	withPort   = pattern.New(`(?i)(?:^|[^\w./@-])((?:[a-z0-9-]+\.)+[a-z]{2,}):[0-9]{2,5}(?:$|[^\w])`)
	quotedHost = pattern.New(`(?i)["']((?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|cloud|ai|co|info|biz|xyz|me|us|uk|de|fr|nl|eu|ru|cn|in|tech|site|online))["']`)
	// copied fits what scp and git take for a path on a host.
	copied = pattern.New(`^:[^0-9/\\]|^:[0-9]*[^0-9/\s][^\s]*/`)
	devTCP = pattern.New(`/dev/(?:tcp|udp)/([^\s"'/]+)/([0-9a-z]+)`)
	// valueForm fits a value that is no more than a host in one of the forms that programs take.
	valueForm = pattern.New(`(?i)^(?://)?(?:[a-z0-9._-]+@)?(\[[0-9a-f:.]+\]|[0-9a-f]*:[0-9a-f:]*:[0-9a-f.]*|(?:[a-z0-9-]+\.)+[a-z0-9-]+)\.?(:[^\s]*|/[^\s]*)?$`)
	// servicePort fits a Service of another namespace, as a value.
	servicePort = pattern.New(`^[a-z0-9-]+\.[a-z0-9-]+:[0-9]{2,5}$`)
)

// neighbours are the matches of an expression that begins and ends with what parts two of them, which may be one letter.
func neighbours(form *pattern.Pattern, text string) [][]string {
	var all [][]string
	for from := 0; from < len(text); {
		at := form.FindStringSubmatchIndex(text[from:])
		if at == nil {
			break
		}
		var found []string
		for i := 0; i < len(at); i += 2 {
			part := ""
			if at[i] >= 0 {
				part = text[from+at[i] : from+at[i+1]]
			}
			found = append(found, part)
		}
		all = append(all, found)
		_, last := utf8.DecodeLastRuneInString(found[0])
		from += max(at[1]-last, at[0]+1)
	}
	return all
}

// hosts visits the hosts that a text connects to without an address in full.
func hosts(text string, visit func(string)) {
	text = continued.Replace(text)
	for _, call := range clientCall.FindAllString(text, -1) {
		for _, m := range neighbours(hostWord, call) {
			switch {
			case !isAddressOrHost(m[1]) && !isHost(m[1]+m[2]) && !strings.HasSuffix(m[1], ".io"):
			case copied.MatchString(m[2]):
				visit(shortened(m[1] + "/" + strings.TrimPrefix(m[2], ":")))
			default:
				visit(strings.ToLower(m[1]))
			}
		}
	}
	for _, m := range neighbours(withPort, text) {
		if isHost(m[1] + ":443") {
			visit(strings.ToLower(m[1]))
		}
	}
	for _, m := range neighbours(quotedHost, text) {
		visit(strings.ToLower(m[1]))
	}
	for _, m := range devTCP.FindAllStringSubmatch(text, -1) {
		if !strings.ContainsAny(m[1], "$") {
			visit(strings.ToLower(m[1]))
		}
	}
	if m := valueForm.FindStringSubmatch(text); m != nil && (isAddressOrHost(m[1])) || servicePort.MatchString(text) {
		host := text
		if m != nil {
			host = m[1]
		}
		if m != nil && copied.MatchString(m[2]) {
			visit(shortened(host + "/" + strings.TrimPrefix(m[2], ":")))
			return
		}
		visit(strings.ToLower(host))
	}
}

// continued joins lines that a shell reads as one.
var continued = strings.NewReplacer("\\\n", " ")

// isAddressOrHost tells whether a word is an address, or the name of a host and no file.
func isAddressOrHost(word string) bool {
	if ip := net.ParseIP(strings.Trim(word, "[]")); ip != nil {
		return !ip.IsLoopback() && !ip.IsUnspecified()
	}
	return isHost(word)
}
