import { listed } from "./api-lists.ts";
import { type Answer, notFound } from "./api-query.ts";
import { found, ok, paged, type Route } from "./api-route.ts";
import type { ShownInstance } from "./api-shown.ts";
import { itemsOf } from "./billing.ts";
import { type Statement, statementInApi } from "./payment-objects.ts";

/** The endpoints of billing. In the OpenAPI their lists come with a count, whether or not `paginated` is asked for. */
export const billingRoutesOf = (instance: ShownInstance): Route[] => {
  const subscriptionOf = (payerId: string, isThere: boolean): Answer => {
    const account = isThere ? instance.accounts.get(payerId) : undefined;
    if (account === undefined) return notFound(`a subscription of ${payerId}`);
    return ok({ ...account.subscription, subscription_items: itemsOf(instance, payerId) });
  };

  const shown = (statement: Statement) => statementInApi(statement, instance.paymentAttempts.of(statement.id));

  return [
    {
      path: "/users/{}/billing/subscription",
      parameters: [],
      answer: (_, id) => subscriptionOf(id, instance.users.has(id)),
    },
    {
      path: "/organizations/{}/billing/subscription",
      parameters: [],
      answer: (_, id) => subscriptionOf(id, instance.organizations.has(id)),
    },
    {
      path: "/billing/subscription_items",
      parameters: [...paged, "paginated", "include_free"],
      answer: (query) => {
        query.flag("paginated");
        const items = instance.subscriptionItems;
        return ok(listed(query, query.flag("include_free") ? items.oldestFirst : items.of("paid")));
      },
    },
    {
      path: "/billing/statements",
      parameters: [...paged, "paginated"],
      answer: (query) => {
        query.flag("paginated");
        const page = listed(query, instance.statements.oldestFirst);
        return ok({ ...page, data: page.data.map(shown) });
      },
    },
    {
      path: "/billing/statements/{}",
      parameters: [],
      answer: (_, id) => {
        const statement = instance.statements.get(id);
        return found(statement === undefined ? undefined : shown(statement), id);
      },
    },
    {
      path: "/billing/statements/{}/payment_attempts",
      parameters: [...paged, "paginated"],
      answer: (query, id) => {
        query.flag("paginated");
        return instance.statements.has(id) ? ok(listed(query, instance.paymentAttempts.of(id))) : notFound(id);
      },
    },
  ];
};
