// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scanner and a recursive-descent parser.  Input is hostile: lengths come
 * from the caller, nesting is bounded, and nothing relies on a NUL.
 */
#include "config/syntax.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH	16

enum token { T_END, T_NEWLINE, T_KEY, T_ATOM, T_CHAR, T_ADD, T_ERROR };

struct scanner {
	const char *p, *end;
	const char *file;
	int line;			/* of the current token */
	int newlines;			/* passed by the current token */
	enum token token;
	char c;				/* T_CHAR */
	char *text;			/* T_KEY, T_ATOM: owned */
	const char *place;		/* instead of file:line */
	struct lodge_err *err;
};

static char *place_of(const struct scanner *s)
{
	char *place;

	if (s->place)
		return strdup(s->place);
	return asprintf(&place, "%s:%d", s->file, s->line) < 0 ? NULL : place;
}

static int __printf(2, 3) refuse(struct scanner *s, const char *fmt, ...)
{
	char reason[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	s->token = T_ERROR;
	if (s->place)
		return lodge_fail(s->err, EINVAL, "%s: %s", s->place, reason);
	return lodge_fail(s->err, EINVAL, "%s:%d: %s", s->file, s->line, reason);
}

static int no_memory(struct scanner *s)
{
	s->token = T_ERROR;
	return lodge_fail(s->err, ENOMEM, "out of memory");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static int octal(char c)
{
	return c >= '0' && c <= '7' ? c - '0' : -1;
}

static int hex(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape sequence after the backslash: the byte it means, or -1. */
static int escape(struct scanner *s)
{
	static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
	const char *found;
	int value, digits;

	if (s->p == s->end)
		return -1;
	found = *s->p ? strchr(from, *s->p) : NULL;
	if (found) {
		s->p++;
		return to[found - from];
	}
	if (*s->p == 'x') {
		s->p++;
		value = 0;
		for (digits = 0; digits < 2 && s->p < s->end && hex(*s->p) >= 0; digits++)
			value = value * 16 + hex(*s->p++);
		return digits == 2 && value ? value : -1;
	}
	value = 0;
	for (digits = 0; digits < 3 && s->p < s->end && octal(*s->p) >= 0; digits++)
		value = value * 8 + octal(*s->p++);
	return digits && value && value < 256 ? value : -1;
}

static int scan_string(struct scanner *s)
{
	const char quote = *s->p++;
	char *out;
	int c;

	out = malloc(s->end - s->p + 1);
	if (!out)
		return no_memory(s);
	s->text = out;
	s->token = T_ATOM;
	while (s->p < s->end && *s->p != quote && *s->p != '\n') {
		c = (unsigned char)*s->p++;
		if (!c)
			return refuse(s, "a zero byte in a string");
		if (c == '\\') {
			c = escape(s);
			if (c < 0)
				return refuse(s, "an escape sequence that does not exist in a string");
		}
		*out++ = c;
	}
	if (s->p == s->end || *s->p != quote)
		return refuse(s, "the string that begins with %c has no end on its line", quote);
	s->p++;
	*out = '\0';
	return 0;
}

static int scan_word(struct scanner *s, enum token what, bool (*more)(char))
{
	const char *from = s->p;

	while (s->p < s->end && more(*s->p))
		s->p++;
	s->text = strndup(from, s->p - from);
	if (!s->text)
		return no_memory(s);
	s->token = what;
	return 0;
}

static bool in_key(char c)
{
	return is_lower(c) || is_digit(c) || c == '_';
}

/* as xl has it; whether it is a number is judged when it is used as one */
static bool in_number(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       c == 'x' || c == 'X';
}

static int next(struct scanner *s)
{
	free(s->text);
	s->text = NULL;
	s->line += s->newlines;
	s->newlines = 0;

	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
	if (s->p < s->end && *s->p == '#')
		while (s->p < s->end && *s->p != '\n')
			s->p++;
	if (s->p == s->end) {
		s->token = T_END;
		return 0;
	}
	if (*s->p == '\n') {
		s->p++;
		s->newlines = 1;
		s->token = T_NEWLINE;
		return 0;
	}
	if (*s->p == '\'' || *s->p == '"')
		return scan_string(s);
	if (is_lower(*s->p))
		return scan_word(s, T_KEY, in_key);
	if (is_digit(*s->p))
		return scan_word(s, T_ATOM, in_number);
	if (*s->p == '+' && s->end - s->p > 1 && s->p[1] == '=') {
		s->p += 2;
		s->token = T_ADD;
		return 0;
	}
	if (*s->p && strchr(",[]=;", *s->p)) {
		s->token = T_CHAR;
		s->c = *s->p++;
		return 0;
	}
	if (*s->p > ' ' && *s->p < 0x7f)
		return refuse(s, "\"%c\" has no place outside of a string", *s->p);
	return refuse(s, "byte 0x%02x has no place outside of a string", (unsigned char)*s->p);
}

static bool at(const struct scanner *s, char c)
{
	return s->token == T_CHAR && s->c == c;
}

static int unexpected(struct scanner *s, const char *wanted)
{
	switch (s->token) {
	case T_END:
		return refuse(s, "the text ends where %s was expected", wanted);
	case T_NEWLINE:
		return refuse(s, "the line ends where %s was expected", wanted);
	case T_CHAR:
		return refuse(s, "\"%c\" where %s was expected", s->c, wanted);
	case T_ADD:
		return refuse(s, "\"+=\" where %s was expected", wanted);
	case T_KEY:
		return refuse(s, "\"%.64s\" where %s was expected", s->text, wanted);
	case T_ATOM:
		return refuse(s, "\"%.64s\" where %s was expected", s->text, wanted);
	default:
		return -1;
	}
}

static void free_value(struct lodge_value *v)
{
	size_t i;

	for (i = 0; i < v->count; i++)
		free_value(&v->items[i]);
	free(v->items);
	free(v->string);
	memset(v, 0, sizeof(*v));
}

static int skip_newlines(struct scanner *s)
{
	while (s->token == T_NEWLINE)
		if (next(s))
			return -1;
	return 0;
}

static int parse_value(struct scanner *s, struct lodge_value *v, int depth);

static int parse_list(struct scanner *s, struct lodge_value *v, int depth)
{
	struct lodge_value *bigger;
	const int from = s->line;

	v->is_list = true;
	if (next(s) || skip_newlines(s))
		return -1;
	while (!at(s, ']')) {
		if (s->token == T_END)
			return refuse(s, "the list that begins on line %d has no end", from);
		bigger = reallocarray(v->items, v->count + 1, sizeof(*v->items));
		if (!bigger)
			return no_memory(s);
		v->items = bigger;
		memset(&v->items[v->count], 0, sizeof(*v->items));
		v->count++;
		if (parse_value(s, &v->items[v->count - 1], depth + 1) || skip_newlines(s))
			return -1;
		if (at(s, ']'))
			break;
		if (!at(s, ',')) {
			if (s->token == T_END)
				continue;
			return unexpected(s, "\",\" or \"]\"");
		}
		if (next(s) || skip_newlines(s))
			return -1;
	}
	return next(s);
}

static int parse_value(struct scanner *s, struct lodge_value *v, int depth)
{
	if (depth > MAX_DEPTH)
		return refuse(s, "lists are nested too deeply");
	if (at(s, '['))
		return parse_list(s, v, depth);
	if (s->token != T_ATOM)
		return unexpected(s, "a string in quotes, a number or a list");
	v->string = s->text;
	s->text = NULL;
	return next(s);
}

/* "key += value": a string is appended to a string, a list to a list. */
static int add_to(struct scanner *s, struct lodge_value *old, struct lodge_value *more)
{
	struct lodge_value *items;
	char *text;

	if (old->is_list != more->is_list)
		return refuse(s, "\"+=\" joins two strings or two lists, not one of each");
	if (!old->is_list) {
		if (asprintf(&text, "%s%s", old->string, more->string) < 0)
			return no_memory(s);
		free(old->string);
		old->string = text;
		free_value(more);
		return 0;
	}
	if (!more->count)
		return 0;
	items = reallocarray(old->items, old->count + more->count, sizeof(*items));
	if (!items)
		return no_memory(s);
	memcpy(items + old->count, more->items, more->count * sizeof(*items));
	old->items = items;
	old->count += more->count;
	free(more->items);
	memset(more, 0, sizeof(*more));
	return 0;
}

static int store(struct lodge_syntax *to, struct scanner *s, bool add, char *place,
		 const char *key, struct lodge_value *v)
{
	struct lodge_setting *set;

	for (set = to->first; set; set = set->next)
		if (!strcmp(set->key, key))
			break;
	if (!set) {
		set = calloc(1, sizeof(*set));
		if (set)
			set->key = strdup(key);
		if (!set || !set->key) {
			free(set);
			return no_memory(s);
		}
		*to->last = set;
		to->last = &set->next;
	} else if (add) {
		if (add_to(s, &set->value, v))
			return -1;
		free(set->place);
		set->place = place;
		return 0;
	}
	free_value(&set->value);
	free(set->place);
	set->value = *v;
	memset(v, 0, sizeof(*v));
	set->place = place;
	return 0;
}

static int parse_assignment(struct lodge_syntax *to, struct scanner *s)
{
	struct lodge_value v = { 0 };
	char *key, *place;
	bool add;

	if (s->token != T_KEY)
		return unexpected(s, "a key");
	key = s->text;
	s->text = NULL;
	place = place_of(s);
	if (!place) {
		no_memory(s);
		goto fail;
	}
	if (next(s))
		goto fail;
	add = s->token == T_ADD;
	if (!add && !at(s, '=')) {
		unexpected(s, "\"=\"");
		goto fail;
	}
	if (next(s) || parse_value(s, &v, 0))
		goto fail;
	if (s->token != T_END && s->token != T_NEWLINE && !at(s, ';')) {
		unexpected(s, "the end of the line");
		goto fail;
	}
	if (store(to, s, add, place, key, &v))
		goto fail;
	free(key);
	return 0;
fail:
	free_value(&v);
	free(place);
	free(key);
	return -1;
}

static int parse(struct lodge_syntax *to, struct scanner *s)
{
	int rc = next(s);

	while (!rc && s->token != T_END) {
		if (s->token == T_NEWLINE || at(s, ';'))
			rc = next(s);
		else
			rc = parse_assignment(to, s);
	}
	free(s->text);
	return rc;
}

int lodge_syntax_file(struct lodge_syntax *to, const char *text, size_t len, const char *file,
		      struct lodge_err *err)
{
	struct scanner s = {
		.p = text, .end = text + len, .file = file, .line = 1, .err = err,
	};

	return parse(to, &s);
}

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* key, or NULL if @text does not begin with one and an operator */
static char *split_argument(const char *text, bool *add, const char **value)
{
	const char *p = text, *after_key;
	char *key;

	if (!is_lower(*p))
		return NULL;
	while (in_key(*p))
		p++;
	key = strndup(text, p - text);
	after_key = p;
	p = skip_blanks(p);
	*add = p[0] == '+' && p[1] == '=';
	p += *add;
	if (*p != '=') {
		free(key);
		return NULL;
	}
	/* "extra+= quiet" means the blank, "extra += quiet" does not */
	*value = *after_key == ' ' || *after_key == '\t' ? skip_blanks(p + 1) : p + 1;
	return key;
}

int lodge_syntax_argument(struct lodge_syntax *to, const char *text, struct lodge_err *err)
{
	struct scanner s = { .file = "", .line = 1, .err = err };
	struct lodge_value v = { 0 };
	const char *value, *first;
	char *key, *place;
	int rc = -1;
	bool add;

	key = split_argument(text, &add, &value);
	if (!key)
		return lodge_fail(err, EINVAL, "argument \"%.80s\" is not of the form key=value",
				  text);
	if (asprintf(&place, "argument \"%.80s\"", text) < 0) {
		free(key);
		return lodge_fail(err, ENOMEM, "out of memory");
	}
	s.place = place;
	first = skip_blanks(value);
	if (*first == '\'' || *first == '"' || *first == '[') {
		s.p = text;
		s.end = text + strlen(text);
		rc = parse(to, &s);
	} else {
		v.string = strdup(value);
		rc = v.string ? store(to, &s, add, place, key, &v) : no_memory(&s);
		if (!rc)
			place = NULL;
		free_value(&v);
	}
	free(place);
	free(key);
	return rc;
}

void lodge_syntax_init(struct lodge_syntax *s)
{
	s->first = NULL;
	s->last = &s->first;
}

void lodge_syntax_free(struct lodge_syntax *s)
{
	struct lodge_setting *set;

	while (s->first) {
		set = s->first;
		s->first = set->next;
		free_value(&set->value);
		free(set->place);
		free(set->key);
		free(set);
	}
	s->last = &s->first;
}

const struct lodge_setting *lodge_syntax_find(const struct lodge_syntax *s, const char *key)
{
	const struct lodge_setting *set;

	for (set = s->first; set; set = set->next)
		if (!strcmp(set->key, key))
			return set;
	return NULL;
}
