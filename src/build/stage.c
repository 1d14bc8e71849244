#include "build/stage.h"

#include "base/mem.h"

void ocib_layers_copy(struct ocib_layers *out, const struct ocib_layers *layers)
{
    for (size_t i = 0; i < layers->len; i++) {
        struct ocib_layer *copy = ocib_vec_add(out);
        *copy = layers->items[i];
        copy->blob = (struct ocib_descriptor){0};
        ocib_descriptor_copy(&copy->blob, &layers->items[i].blob);
    }
}

void ocib_layers_release(struct ocib_layers *layers)
{
    for (size_t i = 0; i < layers->len; i++) {
        ocib_descriptor_release(&layers->items[i].blob);
    }
    ocib_vec_release(layers);
}

struct ocib_digest ocib_layers_chain(const struct ocib_layers *layers)
{
    return layers->len ? layers->items[layers->len - 1].chain : (struct ocib_digest){0};
}

void ocib_tree_source_release(struct ocib_tree_source *source)
{
    ocib_config_release(&source->config);
    ocib_layers_release(&source->layers);
}

void ocib_build_outcome_release(struct ocib_build_outcome *outcome)
{
    free(outcome->name);
    *outcome = (struct ocib_build_outcome){0};
}

int ocib_build_check_interrupt(const struct ocib_build *build, struct ocib_error **err)
{
    if (build->env->interrupted && *build->env->interrupted) {
        return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
    }
    return 0;
}
