#include "build/outline.h"

#include "api/request.h"
#include "base/mem.h"

/* Takes the names and texts out of the plan's list. */
static void take_items(struct ocib_plan_items *from, struct ocib_outline_items *out)
{
    out->count = from->len;
    out->items = ocib_alloc(from->len, sizeof(*out->items));
    for (size_t i = 0; i < from->len; i++) {
        struct ocib_plan_item *item = &from->items[i];
        out->items[i] = (struct ocib_outline_item){
            .name = ocib_steal(&item->name),
            .value = ocib_steal(&item->value),
            .description = ocib_steal(&item->description),
            .required = item->required,
            .line = item->line,
            .end_line = item->end_line,
        };
    }
}

static void take_targets(struct ocib_plan_targets *from, struct ocib_outline *out)
{
    out->target_count = from->len;
    out->targets = ocib_alloc(from->len, sizeof(*out->targets));
    for (size_t i = 0; i < from->len; i++) {
        struct ocib_plan_target *target = &from->items[i];
        out->targets[i] = (struct ocib_outline_target){
            .name = ocib_steal(&target->name),
            .description = ocib_steal(&target->description),
            .base = ocib_steal(&target->base),
            .platform = ocib_steal(&target->platform),
            .is_default = target->is_default,
            .line = target->line,
            .end_line = target->end_line,
        };
    }
}

static int read(struct ocib *ocib, const struct ocib_build_options *options, bool targets,
                struct ocib_build_description *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_request_lists_release) struct ocib_request_lists lists = {0};
    struct ocib_build_request request;
    if (ocib_request_make(options, &lists, &request, err) < 0) {
        return -1;
    }
    lists.settings.granted = (struct ocib_entitlements){true, true}; /* nothing is run */
    struct ocib_build_env env = {
        .store = ocib->store,
        .registry = ocib->registry,
        .log = &ocib->log,
        .interrupted = &ocib->interrupted,
    };
    return targets ? ocib_build_targets(&env, &request, out, err)
                   : ocib_build_outline(&env, &request, out, err);
}

int ocib_outline(struct ocib *ocib, const struct ocib_build_options *options, bool targets,
                 struct ocib_outline **out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_build_description_release) struct ocib_build_description description = {0};
    if (read(ocib, options, targets, &description, err) < 0) {
        return -1;
    }
    struct ocib_outline *outline = ocib_new(struct ocib_outline);
    outline->name = ocib_steal(&description.outline.name);
    outline->description = ocib_steal(&description.outline.description);
    take_items(&description.outline.args, &outline->args);
    take_items(&description.outline.secrets, &outline->secrets);
    take_items(&description.outline.agents, &outline->agents);
    take_targets(&description.targets, outline);
    outline->source_length = description.source.len;
    outline->source = ocib_buf_take(&description.source);
    *out = outline;
    return 0;
}

static void items_free(struct ocib_outline_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        free(items->items[i].name);
        free(items->items[i].value);
        free(items->items[i].description);
    }
    free(items->items);
}

void ocib_outline_free(struct ocib_outline *outline)
{
    if (!outline) {
        return;
    }
    for (size_t i = 0; i < outline->target_count; i++) {
        free(outline->targets[i].name);
        free(outline->targets[i].description);
        free(outline->targets[i].base);
        free(outline->targets[i].platform);
    }
    free(outline->targets);
    items_free(&outline->args);
    items_free(&outline->secrets);
    items_free(&outline->agents);
    free(outline->name);
    free(outline->description);
    free(outline->source);
    free(outline);
}
