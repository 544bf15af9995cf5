-- CreateTable
CREATE TABLE "orders" (
    "id" BIGSERIAL NOT NULL,
    "user_id" TEXT NOT NULL,
    "billed_name" TEXT,
    "billed_email" TEXT,
    "total_cents" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "orders_user_id_idx" ON "orders"("user_id");

-- In place of the AddForeignKey that Prisma wrote, with the name that it gave the key.
SELECT clerk.reference('orders', 'user_id', constraint_name => 'orders_user_id_fkey');
