#include "sys/idmap.h"

#include "base/mem.h"

void ocib_id_ranges_release(struct ocib_id_ranges *ranges)
{
    ocib_vec_release(ranges);
}

static bool parse_line(struct ocib_str line, struct ocib_str *owner, struct ocib_id_range *out)
{
    struct ocib_str first;
    struct ocib_str count;
    uint64_t numbers[2];
    if (!ocib_str_cut(&line, ':', owner) || !ocib_str_cut(&line, ':', &first)) {
        return false;
    }
    count = ocib_str_trim(line);
    if (!ocib_str_uint(ocib_str_trim(first), UINT32_MAX - 1, &numbers[0]) ||
        !ocib_str_uint(count, UINT32_MAX, &numbers[1])) {
        return false;
    }
    *out = (struct ocib_id_range){(uint32_t)numbers[0], (uint32_t)numbers[1]};
    return numbers[1] > 0 && numbers[0] + numbers[1] <= UINT32_MAX;
}

void ocib_id_ranges_parse(struct ocib_str text, const char *name, uint32_t id,
                          struct ocib_id_ranges *out)
{
    struct ocib_str line;
    while (out->len < OCIB_ID_RANGES_MAX && ocib_str_cut(&text, '\n', &line)) {
        struct ocib_str owner;
        struct ocib_id_range range;
        uint64_t number;
        if (!parse_line(line, &owner, &range)) {
            continue;
        }
        bool by_name = name && ocib_str_is(owner, name);
        if (by_name || (ocib_str_uint(owner, UINT32_MAX, &number) && number == id)) {
            ocib_vec_push(out, range);
        }
    }
}

void ocib_id_ranges_parse_map(struct ocib_str text, struct ocib_id_ranges *out)
{
    struct ocib_str line;
    while (out->len < OCIB_ID_RANGES_MAX && ocib_str_cut(&text, '\n', &line)) {
        uint64_t numbers[3] = {0};
        size_t count = 0;
        struct ocib_str word;
        bool good = true;
        while (good && ocib_str_cut(&line, ' ', &word)) {
            good = !word.len || (count < 3 && ocib_str_uint(word, UINT32_MAX, &numbers[count++]));
        }
        if (good && count == 3 && numbers[2] && numbers[0] + numbers[2] <= UINT32_MAX) {
            struct ocib_id_range range = {(uint32_t)numbers[0], (uint32_t)numbers[2]};
            ocib_vec_push(out, range);
        }
    }
}

/* The range that holds an id, or else *next is lowered to the start of the nearest one above. */
static const struct ocib_id_range *holds(const struct ocib_id_range *ranges, size_t count,
                                         uint64_t id, uint64_t *next)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t first = ranges[i].first;
        if (id >= first && id < first + ranges[i].count) {
            return &ranges[i];
        }
        if (first > id && first < *next) {
            *next = first;
        }
    }
    return NULL;
}

static void clip_one(const struct ocib_id_range *range, const struct ocib_id_ranges *available,
                     const struct ocib_id_range *own, struct ocib_id_ranges *out)
{
    uint64_t at = range->first;
    const uint64_t end = at + range->count;
    while (at < end && out->len < OCIB_ID_RANGES_MAX) {
        uint64_t stop = end;
        uint64_t start = end;
        const struct ocib_id_range *used = holds(out->items, out->len, at, &stop);
        used = used ? used : holds(own, 1, at, &stop);
        const struct ocib_id_range *there = holds(available->items, available->len, at, &start);
        if (used || !there) {
            at = used ? (uint64_t)used->first + used->count : start;
            continue;
        }
        uint64_t last = (uint64_t)there->first + there->count;
        stop = last < stop ? last : stop;
        struct ocib_id_range part = {(uint32_t)at, (uint32_t)(stop - at)};
        ocib_vec_push(out, part);
        at = stop;
    }
}

void ocib_id_ranges_clip(const struct ocib_id_ranges *ranges,
                         const struct ocib_id_ranges *available, uint32_t own_id,
                         struct ocib_id_ranges *out)
{
    const struct ocib_id_range own = {own_id, 1};
    for (size_t i = 0; i < ranges->len; i++) {
        clip_one(&ranges->items[i], available, &own, out);
    }
}

void ocib_id_ranges_identity(const struct ocib_id_ranges *ranges, struct ocib_buf *out)
{
    for (size_t i = 0; i < ranges->len; i++) {
        const struct ocib_id_range *range = &ranges->items[i];
        ocib_buf_printf(out, "%u %u %u\n", range->first, range->first, range->count);
    }
}

uint64_t ocib_id_ranges_total(const struct ocib_id_ranges *ranges)
{
    uint64_t total = 0;
    for (size_t i = 0; i < ranges->len; i++) {
        total += ranges->items[i].count;
    }
    return total;
}

static void add_map(struct ocib_strings *argv, uint64_t inside, uint32_t outside, uint32_t count)
{
    ocib_strings_take(argv, ocib_format("%llu", (unsigned long long)inside));
    ocib_strings_take(argv, ocib_format("%u", outside));
    ocib_strings_take(argv, ocib_format("%u", count));
}

void ocib_id_ranges_arguments(const struct ocib_id_ranges *ranges, uint32_t own_id,
                              struct ocib_strings *argv)
{
    uint64_t inside = 1;
    add_map(argv, 0, own_id, 1);
    for (size_t i = 0; i < ranges->len; i++) {
        uint64_t left = UINT32_MAX - inside;
        uint32_t count = ranges->items[i].count;
        count = count > left ? (uint32_t)left : count;
        if (count) {
            add_map(argv, inside, ranges->items[i].first, count);
        }
        inside += count;
    }
}
